"""testssl.sh grades the server's TLS beside that of a Postfix with the same library and certificate."""
import concurrent.futures
import json
import subprocess

from pki import Authority
from waiting import free_port

SEVERITIES = ("OK", "INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")


def findings(folder, name, port):
    """Of protocols and kinds of ciphers: severities by what they are of."""
    file = f"{folder}/{name}.json"
    done = subprocess.run(["testssl", "--quiet", "--color", "0", "--nodns", "none", "--warnings", "off", "--jsonfile", file, "-p", "-s",
                           "--starttls", "smtp", f"127.0.0.1:{port}"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240,
                          check=False)
    with open(file, encoding="utf-8") as report:
        found = {each["id"]: SEVERITIES.index(each["severity"]) for each in json.load(report) if each["severity"] in SEVERITIES}
    assert "cipherlist_STRONG" in found, done.stdout + done.stderr
    return found


def test_as_good_as_postfix_and_nothing_that_is_worse_than_low(candor, postfix, folder):
    shown = Authority(folder).certificate("mx.here.test")
    server = candor(more=f'certificate mx {{ file = "{shown.file}" key = "{shown.key}" }}\nlimits {{ errors = 1000 }}\n')
    peer = postfix(["x@there.test"], port=free_port(), settings={
        "smtpd_tls_security_level": "may", "smtpd_tls_chain_files": f"{shown.key} {shown.file}"})
    with concurrent.futures.ThreadPoolExecutor() as both:
        ours, theirs = both.map(lambda who: findings(folder, *who), (("candor", server.port), ("postfix", peer.port)))
    assert {name: severity for name, severity in ours.items() if severity > theirs[name]} == {}
    assert {name: severity for name, severity in ours.items() if severity > SEVERITIES.index("LOW")} == {}

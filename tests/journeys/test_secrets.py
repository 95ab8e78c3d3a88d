"""What the process that reads from the network must not hold: a password after the login, a hash after the reload."""
import base64
import os
import smtplib
import ssl

import pytest
from candor import run
from test_tls import certificate
from waiting import until

PASSWORD = "Kranich-7c41-over-the-Müritz"


def memory(pid):
    """All that the process has written to."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            place, rights = line.split()[:2]
            begin, end = (int(number, 16) for number in place.split("-"))
            if not rights.startswith("rw") or end - begin > 1 << 30:  # a sanitizer's shadow is larger
                continue
            try:
                mem.seek(begin)
                yield mem.read(end - begin)
            except OSError:
                continue


def holds(pid, *needles):
    """Those of the texts that are found in the memory of the process."""
    found = set()
    for part in memory(pid):
        found |= {needle for needle in needles if needle in part}
    return found


def forms(name, password):
    """A password as it may be found: as it is, and as AUTH PLAIN and AUTH LOGIN send it."""
    return (password.encode(), base64.b64encode(f"\0{name}\0{password}".encode())[:-4], base64.b64encode(password.encode())[:-4])


@pytest.fixture
def server(candor, folder):
    users = f"{folder}/users"
    for name in ("alice", "bob"):
        assert run("user", "add", name, "--file", users, text=f"{PASSWORD} {name}\n").returncode == os.EX_OK
    made = candor(more=certificate(folder, "mx.here.test") + f'login {{ users = "{users}" }}\n')
    made.users, made.trust = users, ssl.create_default_context(cafile=f"{folder}/mx.here.test.pem")
    return made


def hashes(users):
    """name -> what the file has of the password."""
    return {line.split(":", 1)[0]: line.split(":", 1)[1].strip().encode() for line in open(users, encoding="utf-8")}


def login(server, name, mechanism):
    client = smtplib.SMTP("127.0.0.1", server.port, timeout=30, local_hostname="client.test")
    client.starttls(context=server.trust)
    client.ehlo()
    client.user, client.password = name, f"{PASSWORD} {name}"
    words = {"PLAIN": lambda challenge=None: f"\0{client.user}\0{client.password}",
             "LOGIN": lambda challenge=None: client.password if challenge and challenge.startswith(b"Password") else client.user}
    encoded = base64.b64encode(words["PLAIN"]().encode()).decode()
    if mechanism == "PLAIN":
        assert client.docmd("AUTH", "PLAIN " + encoded)[0] == 235
        return client
    assert client.docmd("AUTH", "LOGIN")[0] == 334
    assert client.docmd(base64.b64encode(name.encode()).decode())[0] == 334
    assert client.docmd(base64.b64encode(client.password.encode()).decode())[0] == 235
    return client


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_no_password_is_in_memory_after_the_login(server, mechanism):
    pid = server.mail_process
    if os.getuid() != 0:  # then nobody but root can look: that is what a person's own programs are kept from
        with pytest.raises(PermissionError):
            list(memory(pid))
        return
    with login(server, "alice", mechanism) as client:
        assert client.noop()[0] == 250
        assert holds(pid, hashes(server.users)["alice"][:40]), "it has what it judges by, or the search finds nothing"
        assert not holds(pid, *forms("alice", f"{PASSWORD} alice"))


def test_no_hash_is_in_memory_after_it_was_replaced(server):
    pid, old = server.mail_process, hashes(server.users)
    if os.getuid() != 0:
        with pytest.raises(PermissionError):
            list(memory(pid))
        return
    login(server, "alice", "PLAIN").quit()
    assert run("user", "passwd", "alice", "--file", server.users, text="another one, longer\n").returncode == os.EX_OK
    assert run("reload", "-c", server.config).returncode == os.EX_OK
    new = hashes(server.users)
    until(lambda: holds(pid, new["alice"][:40]), "the new hash to be there")
    until(lambda: not holds(pid, old["alice"][:40]), "the old one to be forgotten")
    assert holds(pid, old["bob"][:40])

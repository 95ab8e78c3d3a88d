"""A server with a certificate and accounts, and its entrances for people."""
import contextlib
import ssl
import tempfile

from candor import run, running
from mailers import Entrance
from pki import Authority
from test_dnsbl import STRANGERS
from waiting import free_port

USER, PASSWORD = "bob@here.test", "s3cret"


@contextlib.contextmanager
def running_secured(more="", users=None, **options):
    """A server for strangers that offers STARTTLS everywhere; `.entrances` has those for submission, by kind of TLS, which want a login,
    `.trust` an ssl.SSLContext for clients. `users`: a file of accounts that is there already."""
    with tempfile.TemporaryDirectory(prefix="journey-") as folder:
        users, ports = users or f"{folder}/users", {kind: free_port() for kind in ("starttls", "implicit")}
        assert run("user", "add", USER, "--file", users, text=PASSWORD + "\n").returncode == 0
        authority = Authority(folder)
        shown = authority.certificate("localhost")
        with running(**{"networks": STRANGERS, **options}, more=more + f'certificate mx {{ file = "{shown.file}" key = "{shown.key}" }}\n'
                     f'login {{ users = "{users}" }}\n'
                     f'listen submission {{ address = "127.0.0.1:{ports["starttls"]}" require-tls = true require-login = true }}\n'
                     f'listen submissions {{ address = "127.0.0.1:{ports["implicit"]}" tls = implicit require-login = true }}\n') as server:
            server.entrances = {kind: Entrance(port, kind, USER, PASSWORD, authority.file) for kind, port in ports.items()}
            server.trust = ssl.create_default_context(cafile=authority.file)
            yield server

"""The mail programs that people have hand in mail as people do: encrypted, logged in, for anywhere."""
import contextlib
import tempfile

import mailers
import pytest
from candor import Candor, run
from desktop import claws_mail
from mailers import BODY, SUBJECT, Entrance
from pki import Authority
from waiting import free_port, until

CLIENTS = [*mailers.CARRY, *mailers.COMPOSE, mailers.openssl, claws_mail]
WAYS = [(client, kind) for client in CLIENTS for kind in ("starttls", "implicit")
        if (client, kind) != (mailers.esmtp, "implicit")]  # which it does not know


@pytest.fixture(scope="module")
def submission():
    """A server for strangers, with bob's account; `entrances` is one for each kind of TLS."""
    with tempfile.TemporaryDirectory(prefix="journey-") as folder, contextlib.ExitStack() as stack:
        users, ports = f"{folder}/users", {kind: free_port() for kind in ("starttls", "implicit")}
        assert run("user", "add", "bob@here.test", "--file", users, text="s3cret\n").returncode == 0
        authority = Authority(folder)
        shown = authority.certificate("localhost")
        server = Candor(networks='"192.0.2.0/24"', more=f'certificate mx {{ file = "{shown.file}" key = "{shown.key}" }}\n'
                        f'login {{ users = "{users}" }}\n'
                        f'listen submission {{ address = "127.0.0.1:{ports["starttls"]}" require-tls = true require-login = true }}\n'
                        f'listen submissions {{ address = "127.0.0.1:{ports["implicit"]}" tls = implicit require-login = true }}\n')
        stack.callback(server.close)
        server.entrances = {kind: Entrance(port, kind, "bob@here.test", "s3cret", authority.file) for kind, port in ports.items()}
        yield server.start()


@pytest.mark.parametrize("client, kind", WAYS, ids=[f"{client.__name__}-{kind}" for client, kind in WAYS])
def test_a_message_arrives_as_it_was_written(submission, folder, client, kind):
    before = len(submission.files("alice"))
    client(submission.entrances[kind], folder)
    until(lambda: len(submission.files("alice")) > before, lambda: submission.log[-3000:])
    mail = submission.mails("alice")[-1]
    assert mail["Subject"] == SUBJECT and mail.get_content().rstrip("\n") == BODY.rstrip("\n")
    assert mail["Return-Path"] == "<bob@here.test>"
    assert " with ESMTPSA id " in " ".join(mail.get_all("Received")[0].split())

"""The mail programs that people have hand in mail as people do: encrypted, logged in, for anywhere."""
import mailers
import pytest
from desktop import claws_mail
from mailers import BODY, SUBJECT
from secured import running_secured
from waiting import until

CLIENTS = [*mailers.CARRY, *mailers.COMPOSE, mailers.openssl, claws_mail]
WAYS = [(client, kind) for client in CLIENTS for kind in ("starttls", "implicit")
        if (client, kind) != (mailers.esmtp, "implicit")]  # which it does not know


@pytest.fixture(scope="module")
def submission():
    with running_secured() as server:
        yield server


@pytest.mark.parametrize("client, kind", WAYS, ids=[f"{client.__name__}-{kind}" for client, kind in WAYS])
def test_a_message_arrives_as_it_was_written(submission, folder, client, kind):
    before = len(submission.files("alice"))
    client(submission.entrances[kind], folder)
    until(lambda: len(submission.files("alice")) > before, lambda: submission.log[-3000:])
    mail = submission.mails("alice")[-1]
    assert mail["Subject"] == SUBJECT and mail.get_content().rstrip("\n") == BODY.rstrip("\n")
    assert mail["Return-Path"] == "<bob@here.test>"
    assert " with ESMTPSA id " in " ".join(mail.get_all("Received")[0].split())

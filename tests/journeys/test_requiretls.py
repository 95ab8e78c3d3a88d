"""REQUIRETLS (RFC 8689): a message that goes on only to who proves who he is, or comes back."""
import ssl

import pytest
from candor import fields_of_dsn, words_of_dsn
from pki import Authority
from sink import Sink
from waiting import free_port


class World:
    """A server with a certificate that hands all to a smarthost, which proves who it is as `name`."""

    def __init__(self, candor, folder, relay="", name="localhost", offers=("REQUIRETLS",), more="", **options):
        self.authority = Authority(folder)
        own = self.authority.certificate("mx.here.test")
        self.sink = Sink(tls=self.authority.certificate(name).context, offers=offers)
        self.server = candor(relay=f'{relay or self.smarthost} authorities = "{self.authority.file}"',
                             more=more + f'certificate mx {{ file = "{own.file}" key = "{own.key}" }}\n', **options)

    @property
    def smarthost(self):
        return f'smarthost = "localhost:{self.sink.port}"'

    def send(self, to="carol@there.example"):
        context = ssl.create_default_context(cafile=self.authority.file)
        context.check_hostname = False  # the certificate is for a name, and we call an address
        with self.server.smtp() as session:
            session.starttls(context=context)
            session.ehlo()
            assert session.has_extn("requiretls")
            session.sendmail("alice@here.test", [to], "Subject: secret\r\n\r\nx\r\n", mail_options=["REQUIRETLS"])

    def bounce(self):
        (mail,) = self.server.wait_mail("alice")
        assert self.sink.messages == []
        return fields_of_dsn(mail)[1][0], words_of_dsn(mail)


@pytest.fixture
def world(candor, folder):
    made = []

    def start(**options):
        made.append(World(candor, folder, **options))
        return made[-1]
    yield start
    for each in made:
        each.sink.close()


def test_it_goes_on_with_the_message(world):
    there = world()
    there.send()
    there.sink.wait()
    assert there.sink.secure == [True]
    (mail,) = [line for line in there.sink.commands if line.startswith("MAIL")]
    assert " REQUIRETLS" in mail


def test_a_server_that_does_not_know_it_gets_nothing(world):
    there = world(offers=())
    there.send()
    fields, words = there.bounce()
    assert (fields["Action"], fields["Status"]) == ("failed", "5.7.30") and "REQUIRETLS" in words


def test_a_server_that_does_not_prove_its_name_gets_nothing(world):
    there = world(name="other.example", lifetime="2 s")
    there.send()
    fields, _ = there.bounce()
    assert (fields["Action"], fields["Status"]) == ("failed", "4.7.5")


def test_exchangers_that_nobody_vouches_for_get_nothing(world, nameserver):
    dns = nameserver("there.example. MX 10 mx.there.example.", "mx.there.example. A 127.0.0.2")
    there = world(relay=f"port = {free_port('127.0.0.2')}", more=dns.section)
    there.send()
    fields, words = there.bounce()
    assert fields["Status"] == "5.7.30" and "neither DNSSEC nor MTA-STS" in words


def test_it_is_for_encrypted_connections_only(world):
    with world().server.smtp() as session:
        session.ehlo()
        assert not session.has_extn("requiretls")
        assert session.mail("alice@here.test", ["REQUIRETLS"])[0] == 555


def test_without_it_nothing_is_asked_for(world):
    there = world(name="other.example", offers=())
    there.server.send("carol@there.example")
    there.sink.wait()
    assert "REQUIRETLS" not in " ".join(there.sink.commands)

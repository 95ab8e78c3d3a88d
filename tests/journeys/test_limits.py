"""What one client may do in a minute: each limit is reached, and the answer says which it was."""
import smtplib

import pytest
from candor import run
from says_no import says_no
from test_dnsbl import STRANGERS, session
from test_login import plain
from test_tls import certificate
from waiting import until


def limits(**values):
    return "limits { %s }\n" % "  ".join(f"{name.replace('_', '-')} = {value}" for name, value in values.items())


def test_connections(candor):
    server = candor(networks=STRANGERS, more=limits(connections_per_minute=2))
    for _ in range(2):
        session(server, "127.0.0.7").quit()
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        session(server, "127.0.0.7")
    assert refused.value.smtp_code == 421
    assert (refused.value.smtp_code, refused.value.smtp_error) == says_no(
        421, b"4.7.0 Too many connections from [127.0.0.7] within a minute (limit 2); wait a minute, then connect again")
    session(server, "127.0.0.8").quit()


def test_messages_and_recipients(candor):
    server = candor(networks=STRANGERS, more=limits(messages_per_minute=2, recipients_per_minute=3))
    with session(server, "127.0.0.7") as client:
        assert client.mail("x@there.example")[0] == 250
        assert [client.rcpt("alice@here.test")[0] for _ in range(3)] == [250, 250, 250]
        assert client.rcpt("bob@here.test") == says_no(
            450, b"4.7.28 Too many recipients from [127.0.0.7] within a minute (limit 3); name the others later")
        assert client.data(b"Subject: x\r\n\r\nx\r\n")[0] == 250  # those before are kept
    with session(server, "127.0.0.7") as client:
        assert client.mail("x@there.example")[0] == 250
        client.rset()
        assert client.mail("x@there.example") == says_no(
            450, b"4.7.28 Too many messages from [127.0.0.7] within a minute (limit 2); send the others later")
    with session(server, "127.0.0.8") as client:
        assert client.mail("x@there.example")[0] == 250
    server.wait_mail("alice")


def test_the_relay_networks_are_exempt(candor):
    server = candor(more=limits(connections_per_minute=1, messages_per_minute=1, recipients_per_minute=1, unknown_recipients_per_minute=1))
    for _ in range(3):
        with session(server) as client:
            assert client.mail("x@there.example")[0] == 250
            assert [client.rcpt(f"{name}@here.test")[0] for name in ("alice", "nobody", "nobody")] == [250, 550, 550]


def test_who_tries_out_names_is_let_go(candor):
    server = candor(networks=STRANGERS, more=limits(unknown_recipients_per_minute=3))
    with session(server, "127.0.0.7") as client:
        client.mail("x@there.example")
        assert [client.rcpt(f"n{number}@here.test")[0] for number in range(3)] == [550] * 3
        assert client.rcpt("n4@here.test") == says_no(
            421, b"4.7.28 Too many recipients from [127.0.0.7] within a minute that do not exist here (limit 3); take them off your list")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()
    with session(server, "127.0.0.7") as client:  # it learns no more, and may still write to whom it knows
        client.mail("x@there.example")
        assert client.rcpt("alice@here.test")[0] == 250
        assert client.rcpt("n5@here.test")[0] == 421


def test_who_goes_on_to_try_out_names_is_not_let_in(candor):
    server = candor(networks=STRANGERS, more=limits(unknown_recipients_per_minute=3))
    for first, codes in ((1, [550, 550, 550, 421]), (5, [421]), (6, [421])):
        with session(server, "127.0.0.7") as client:
            client.mail("x@there.example")
            assert [client.rcpt(f"n{first + i}@here.test")[0] for i in range(len(codes))] == codes
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        session(server, "127.0.0.7")
    assert (refused.value.smtp_code, refused.value.smtp_error) == says_no(
        421, b"4.7.28 Too many recipients from [127.0.0.7] within a minute that do not exist here (limit 3); take them off your list")
    session(server, "127.0.0.8").quit()


def with_accounts(folder, more):
    """Of a configuration: accounts of alice and bob with the password `right`."""
    users = f"{folder}/users"
    for name in ("alice", "bob"):
        assert run("user", "add", name, "--file", users, text="right\n").returncode == 0
    return certificate(folder, "mx.here.test") + f'login {{ users = "{users}" }}\n' + more


def encrypted(server, address):
    client = session(server, address)
    client.starttls()
    client.ehlo()
    return client


def test_an_account_has_its_own_share(candor, folder):
    server = candor(networks=STRANGERS, more=with_accounts(folder, limits(
        account_messages_per_minute=2, account_recipients_per_minute=2, messages_per_minute=1, recipients_per_minute=1)))

    def logged_in(name, address):
        client = encrypted(server, address)
        client.login(name, "right")
        return client

    with logged_in("alice", "127.0.0.7") as client:
        assert client.mail("alice@here.test")[0] == 250
        assert [client.rcpt("x@there.example")[0] for _ in range(2)] == [250, 250]
        assert client.rcpt("x@there.example") == says_no(
            450, b"4.7.28 Too many recipients from the account alice within a minute (limit 2); name the others later")
    with logged_in("alice", "127.0.0.8") as client:  # from elsewhere it is the same account
        assert client.mail("alice@here.test")[0] == 250
        client.rset()
        assert client.mail("alice@here.test") == says_no(
            450, b"4.7.28 Too many messages from the account alice within a minute (limit 2); send the others later")
    with logged_in("bob", "127.0.0.7") as client:  # from the same address it is another
        assert client.mail("bob@here.test")[0] == 250 and client.rcpt("x@there.example")[0] == 250


def test_errors_in_a_session(candor):
    server = candor(more=limits(errors=3))
    with session(server) as client:
        assert [client.docmd("NONSENSE")[0] for _ in range(3)] == [500] * 3
        code, text = client.getreply()
        assert (code, text[:6]) == (421, b"4.7.0 ") and b"(3)" in text
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()


def test_failed_logins(candor, folder):
    server = candor(networks=STRANGERS, more=with_accounts(folder, 'limits { failed-logins = 2  login-delay = "300 ms" }\n'))

    def login(name, password, address):
        return encrypted(server, address).docmd("AUTH", "PLAIN " + plain(name, password))

    assert login("alice", "1", "127.0.0.7")[0] == 535
    assert login("alice", "2", "127.0.0.8")[0] == 535
    until(lambda: server.log.count("login-failed") == 2, lambda: server.log)
    code, text = login("alice", "right", "127.0.0.9")  # the account has had its share, from wherever
    assert (code, text[:6]) == (421, b"4.7.0 ") and b"for this account (limit 2)" in text
    assert login("bob", "1", "127.0.0.7")[0] == 535
    assert login("bob", "right", "127.0.0.7")[0] == 421  # and this client
    assert login("bob", "right", "127.0.0.8")[0] == 235

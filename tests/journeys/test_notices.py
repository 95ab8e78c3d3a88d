"""The language and the form in which a sender is told, chosen by the message or by the operator."""
import os
import pathlib

import pytest
from candor import fields_of_dsn, run, words_of_dsn

REFUSED = 'smarthost = "127.0.0.1:1"'  # nobody listens there


def bounce(server, headers=""):
    """The notice about a message that could not be delivered in time."""
    server.send("carol@there.test", headers=headers)
    (mail,) = server.wait_mail("alice")
    assert fields_of_dsn(mail)[1][0]["Action"] == "failed"
    return mail


@pytest.mark.parametrize("headers, subject", [
    ("", "Not delivered: "),
    ("Accept-Language: da, de-AT;q=0.9, fr;q=0.5\r\n", "Nicht zugestellt: "),
    ("Content-Language: fr\r\n", "Message non remis: "),
    ("Content-Language: fr\r\nAccept-Language: es\r\n", "Mensaje no entregado: "),
    ("Accept-Language: ja\r\n", "\u914d\u4fe1\u3067\u304d\u307e\u305b\u3093\u3067\u3057\u305f: "),
    ("Accept-Language: xx\r\n", "Not delivered: "),
])
def test_a_message_names_the_language_of_its_notice(candor, headers, subject):
    mail = bounce(candor(relay=REFUSED, lifetime="200 ms", retry="100 ms"), headers)
    assert mail["Subject"].startswith(subject)
    assert "127.0.0.1" in words_of_dsn(mail), "where it was tried is told in every language"


def test_the_operator_can_choose_the_language_and_html(candor):
    server = candor(relay=REFUSED, lifetime="200 ms", retry="100 ms",
                    more='notices { language = de  follow = false  html = true }')
    mail = bounce(server, "Accept-Language: fr\r\n")
    assert mail["Subject"].startswith("Nicht zugestellt: ")
    plain, page = list(mail.iter_parts())[0].iter_parts()
    assert plain["Content-Language"] == page["Content-Language"] == "de"
    assert "konnte carol@there.test nicht zugestellt werden" in " ".join(plain.get_content().split())
    assert '<html lang="de">' in page.get_content() and "carol@there.test" in page.get_content()


def test_an_operators_own_words_are_used(candor):
    server = candor(relay=REFUSED, lifetime="200 ms", retry="100 ms", files={"en.notice": "closing: Ask Joe, room 12.\n"},
                    more='notices { folder = "{folder}" }')
    assert "Ask Joe, room 12." in words_of_dsn(bounce(server))


def test_wrong_words_are_found_before_the_server_starts(folder):
    folder = pathlib.Path(folder)
    (folder / "de.notice").write_text("closing: gut\nclosign: schlecht\n")
    config = folder / "candor.conf"
    config.write_text(f'hostname = "mx.here.test"\nlisten mx {{ address = "127.0.0.1:2525" }}\nnotices {{ folder = "{folder}" }}\n')
    done = run("check", "-c", config)
    assert done.returncode == os.EX_CONFIG
    assert f"{folder}/de.notice:2: there is no key `closign`" in done.stderr


def test_explain_speaks_the_languages_too():
    shown = run("explain", "--lang", "de", "552 5.2.2 Mailbox full").stdout
    assert "Das Postfach ist voll" in shown and "The recipient's mailbox is full." in shown
    assert "Mailbox full" in shown
    assert run("explain", "--lang", "xx", "550").returncode == os.EX_USAGE

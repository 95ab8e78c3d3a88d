"""The page of a running server, in a real browser: what it takes and how it says what it can't."""
import pytest
from browser import SHOWN
from waiting import free_port

LOG = "".join(f"Jul  3 20:15:{second:02} mx postfix/smtp[1]: A{second}: to=<gone@example.org>, relay=mx.example.org[192.0.2.7]:25, delay=1, "
              "dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.7] said: 550 5.1.1 unknown (in reply to RCPT TO command))\n"
              for second in range(3))


@pytest.fixture
def page(candor, browser):
    port = free_port()
    candor(more=f'web {{ address = "127.0.0.1:{port}" }}')
    browser.open(f"http://127.0.0.1:{port}/")
    browser.evaluate("document.querySelector('#text').focus()")
    return browser


def test_a_reply_is_pasted(page):
    page.paste("452 4.2.2 The recipient's mailbox is over quota")
    shown = page.until(SHOWN)
    assert "The mailbox is full" in shown and "tone-wait" in shown


def test_a_log_is_pasted(page):
    page.paste(LOG)
    shown = page.until(SHOWN)
    assert "3 answers" in shown and "line 2" in shown and "gone@example.org" in shown


def test_a_file_is_dropped(page, tmp_path):
    file = tmp_path / "mail.log"
    file.write_text(LOG * 100)
    page.drop(file)
    assert "300 answers" in page.until(SHOWN)


@pytest.mark.parametrize("size, words", [(600 * len(LOG) // 3, "The first 500 answers"), (300 * 1024, "more than the 256 KiB")],
                         ids=["cut", "too long"])
def test_too_much_is_said(page, tmp_path, size, words):
    file = tmp_path / "mail.log"
    file.write_text((LOG * 1000)[:size])
    page.drop(file)
    assert words in page.until(SHOWN)


def test_an_answer_is_text_and_never_markup(page):
    page.paste("550 5.1.1 <img src=x onerror=\"document.title='taken'\"> https://evil.example/ unknown user")
    shown = page.until(SHOWN)
    assert "<img" not in shown and "href" not in shown and page.evaluate("document.title") != "taken"

"""Sites: domains with the same mail exchangers wait together, and stop no others; candor queue tells them together."""
import json
import os

from waiting import free_port, until


def why(server, *words):
    done = server.queue(*words, "--json")
    assert done.returncode == os.EX_OK, done
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_domains_of_a_dead_site_wait_together_and_the_others_get_their_mail(candor, postfix, nameserver):
    peer = postfix(["carol@there.example"], address="127.0.0.2")
    dns = nameserver("one.example. MX 10 mx.dead.example.", "two.example. MX 10 mx.dead.example.",
                     "mx.dead.example. A 127.0.0.9", "there.example. MX 10 mx.there.example.",
                     "mx.there.example. A 127.0.0.2")
    server = candor(relay=f"port = {peer.port}", more=dns.section, retry="1 h")
    server.send("a@one.example")
    until(lambda: any(g["site_waits"] for g in why(server)), "the site to be found dead")
    tried = server.log.count("cause=connection_failed")
    server.send("b@two.example")
    server.send("carol@there.example")
    until(lambda: list((peer.maildir("carol@there.example") / "new").glob("*")), "the delivery elsewhere")
    (group,) = until(lambda: [g for g in why(server) if g["messages"] == 2], "the two to wait together")
    assert (group["site"], group["cause"], group["recipients"]) == ("mx.dead.example", "connection_failed", 2)
    assert server.log.count("cause=connection_failed") == tried  # the second domain was not tried
    words = server.queue().stdout
    assert words.startswith("2 messages: The server could not be reached (connection_failed)\n     at mx.dead.example, ")
    assert words.endswith("\n2 messages to 2 recipients.\n")
    assert len(server.queue("list", "--json", "--destination", "mx.dead.example").stdout.splitlines()) == 2


def test_an_empty_queue_says_so(candor):
    server = candor(relay=f'smarthost = "127.0.0.1:{free_port()}"')
    done = until(lambda: (d := server.queue()).returncode == os.EX_OK and d, "the control socket")
    assert done.stdout == "Nothing waits.\n"


def test_a_connection_carries_no_more_messages_than_set(candor, postfix):
    peer = postfix(["carol@there.test"])
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"',
                    queue="connections-per-site = 1  messages-per-connection = 2")
    for number in range(6):
        server.send("carol@there.test", subject=str(number))
    until(lambda: len(list((peer.maildir("carol@there.test") / "new").glob("*"))) == 6, "all to arrive")
    log = peer.log.read_text()
    assert log.count("]: connect from") >= 3, log

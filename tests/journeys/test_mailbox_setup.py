"""Mailboxes that are not set up right: 451 4.3.5 at the delivery, and nothing is lost until that is mended."""
import json

from waiting import until


def test_a_folder_that_is_not_there(candor):
    server = candor()
    (server.folder / "mail").rename(server.folder / "away")
    server.send("alice@here.test", subject="kept")

    def reply():
        rows = [json.loads(line) for line in server.queue("list", "--json").stdout.splitlines()]
        return next((row for row in rows if "4.3.5" in json.dumps(row)), None)
    row = until(reply, lambda: server.queue("list", "--json").stdout)
    assert "451 4.3.5 The mailbox is not set up right on this server (No such file or directory), which its operator has to mend" in json.dumps(row)
    (server.folder / "away").rename(server.folder / "mail")
    assert server.wait_mail("alice")[0]["Subject"] == "kept"

"""More clients than there are descriptors: the server and its operator stay able to work."""
import os
import socket

FILES = 120


def few_files():
    """A prefix that takes descriptors, and root's right to get them back, from a program."""
    limit = ["prlimit", f"--nofile={FILES}:{FILES}"]
    return limit if os.getuid() != 0 else ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource", *limit]


def test_a_crowd_leaves_descriptors_for_the_operator_and_for_mail(candor):
    server = candor(prefix=few_files())
    crowd = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(FILES)]
    try:
        greetings = [client.recv(4) for client in crowd]
        # the look whether the server is up may still count as one
        assert greetings.count(b"220 ") in (FILES // 2 - 1, FILES // 2)
        assert greetings.count(b"421 ") == FILES - greetings.count(b"220 ")
        assert server.queue("list").returncode == os.EX_OK
        session = crowd[greetings.index(b"220 ")].makefile("rwb")
        session.readline()
        for command, code in ((b"HELO client.test", b"250"), (b"MAIL FROM:<>", b"250"),
                              (b"RCPT TO:<alice@here.test>", b"250"), (b"DATA", b"354"), (b"Subject: x\r\n\r\nx\r\n.", b"250")):
            session.write(command + b"\r\n")
            session.flush()
            assert session.readline().startswith(code)
        assert server.wait_mail("alice")
    finally:
        for client in crowd:
            client.close()
    assert "fewer-connections" in server.log

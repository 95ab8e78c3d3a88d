"""A small LMTP server (RFC 2033) that takes mail, or refuses it, recipient by recipient."""
import os
import socketserver
import threading


class Session(socketserver.StreamRequestHandler):
    def say(self, *lines):
        self.wfile.write("".join(line + "\r\n" for line in lines).encode())

    def handle(self):
        lmtp, to = self.server.lmtp, []
        self.say("220 boxes.test LMTP")
        while line := self.rfile.readline().decode(errors="replace").strip():
            lmtp.commands.append(line)
            verb, name = line.split()[0].upper(), line[line.find("<") + 1:line.find(">")]
            if verb == "LHLO":
                self.say("250-boxes.test", "250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250 8BITMIME")
            elif verb == "RCPT" and name in lmtp.refused:
                self.say(lmtp.refused[name])
            elif verb == "RCPT":
                to.append(name)
                self.say("250 2.1.5 ok")
            elif verb == "DATA":
                self.take(to)
                to = []
            elif verb == "QUIT":
                return self.say("221 2.0.0 bye")
            elif verb in ("MAIL", "RSET", "NOOP"):
                self.say("250 2.0.0 ok")
            else:
                self.say("500 5.5.1 unknown: this is LMTP")

    def take(self, to):
        lmtp = self.server.lmtp
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        for name in to:
            if name in lmtp.full:
                self.say(lmtp.full[name])
            else:
                lmtp.boxes.setdefault(name, []).append(b"".join(lines))
                self.say(f"250 2.0.0 <{name}> saved")


class Lmtp:
    """`place`: the path of a socket, or a port on 127.0.0.1. `refused` at RCPT, `full` after the content: name -> reply."""

    def __init__(self, place):
        self.commands, self.boxes, self.refused, self.full = [], {}, {}, {}
        kind = socketserver.ThreadingUnixStreamServer if isinstance(place, str) else socketserver.ThreadingTCPServer
        kind.daemon_threads = True
        self.server = kind(place if isinstance(place, str) else ("127.0.0.1", place), Session)
        if isinstance(place, str):
            os.chmod(place, 0o777)
        self.server.lmtp = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

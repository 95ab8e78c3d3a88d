"""A small mail server in this process: takes all mail and keeps it byte for byte, with or without STARTTLS."""
import socketserver
import ssl
import threading

from waiting import until


class Session(socketserver.StreamRequestHandler):
    def say(self, *lines):
        self.wfile.write("".join(line + "\r\n" for line in lines).encode())

    def offer(self):
        offered = ["there.test", "PIPELINING", "8BITMIME", *self.server.sink.offers]
        if self.server.sink.tls and not self.is_secure:
            offered.append("STARTTLS")
        self.say(*[f"250-{word}" for word in offered[:-1]], f"250 {offered[-1]}")

    def begin_tls(self):
        self.say("220 go on")
        self.connection = self.server.sink.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile, self.is_secure = self.connection.makefile("rb"), self.connection.makefile("wb", 0), True

    def take_message(self):
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        if line:
            self.server.sink.messages.append(b"".join(lines))
            self.server.sink.secure.append(self.is_secure)
            self.say("250 2.0.0 taken")

    def handle(self):
        self.is_secure = False
        self.say("220 there.test ESMTP")
        try:
            while line := self.rfile.readline().decode(errors="replace").strip():
                verb = line.split()[0].upper()
                self.server.sink.commands.append(line)
                if verb == "EHLO":
                    self.offer()
                elif verb == "STARTTLS":
                    self.begin_tls()
                elif verb == "DATA":
                    self.take_message()
                elif verb == "QUIT":
                    return self.say("221 bye")
                else:
                    self.answer(verb, line)
        except (ssl.SSLError, ConnectionError, ValueError) as failure:
            self.server.sink.failures.append(str(failure))

    def answer(self, verb, line):
        self.say("250 2.0.0 fine")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


class Sink:
    """`tls`: an ssl.SSLContext to offer STARTTLS with. `messages` are bytes as they came, `secure` says for each
    whether it came in TLS."""
    kind = Server

    def __init__(self, tls=None, address="127.0.0.1", port=0, offers=(), session=Session):
        self.tls, self.offers = tls, list(offers)
        self.messages, self.secure, self.commands, self.failures = [], [], [], []
        self.server = self.kind((address, port), session)
        self.server.sink = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count=1):
        until(lambda: len(self.messages) >= count, lambda: f"{count} messages; said were {self.commands}, failed {self.failures}")
        return self.messages

    def close(self):
        self.server.shutdown()
        self.server.server_close()

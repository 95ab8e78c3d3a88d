"""Many servers that misbehave, each in its own way and each at an address of its own, behind one port."""
import contextlib
import socket
import socketserver
import ssl
import struct
import threading


class Script(socketserver.StreamRequestHandler):
    """A well-behaved server but for what `bad(session, place)` does before it answers; True: that was the answer."""

    def say(self, text):
        self.wfile.write(text if isinstance(text, bytes) else text.encode())

    def answer(self, place, text):
        if not self.peer.acts(self, place):
            self.say(text)

    def handle(self):
        self.peer = self.server.peers[self.request.getsockname()[0]]
        with contextlib.suppress(OSError, ssl.SSLError, ValueError):
            self.talk()

    def talk(self):
        peer = self.peer
        with peer.lock:
            self.number, peer.connections = peer.connections, peer.connections + 1
        self.secure, self.taken = False, 0
        self.answer("greeting", "220 there.test ESMTP\r\n")
        while line := self.rfile.readline():
            verb = line.split()[0].decode(errors="replace").upper() if line.split() else ""
            peer.verbs.append(verb)
            if verb == "QUIT":
                return self.answer("QUIT", "221 bye\r\n")
            getattr(self, f"take_{verb.lower()}", lambda verb=verb: self.answer(verb, "250 2.0.0 fine\r\n"))()
        return None

    def take_ehlo(self):
        offers = ["there.test", "PIPELINING", "8BITMIME"] + (["STARTTLS"] if self.peer.tls and not self.secure else [])
        self.answer("EHLO", "".join(f"250{'-' if o != offers[-1] else ' '}{o}\r\n" for o in offers))

    def take_starttls(self):
        if self.peer.acts(self, "STARTTLS"):
            return
        self.say("220 go on\r\n")
        self.connection = self.peer.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile, self.secure = self.connection.makefile("rb"), self.connection.makefile("wb", 0), True

    def take_data(self):
        if self.peer.acts(self, "DATA"):
            return
        self.say("354 go on\r\n")
        self.take_content()

    def take_content(self, answer="250 2.0.0 taken\r\n"):
        text = bytearray()
        while not (text.endswith(b"\r\n.\r\n") or text == b".\r\n"):
            more = self.rfile.readline()
            if not more:
                raise ConnectionError
            text += more
        if not self.peer.acts(self, "end"):
            self.say(answer)
            if answer.startswith("250"):
                self.peer.messages.append(bytes(text))

    def reset(self):
        """The connection ends without a farewell (RST)."""
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionError


class Peer:
    """`always`: on every connection, else once, on the first."""

    def __init__(self, address, port, bad, always, tls):
        self.address, self.at, self.bad, self.always, self.tls, self.is_over = address, f"{address}:{port}", bad, always, tls, False
        self.connections, self.messages, self.verbs, self.lock = 0, [], [], threading.Lock()

    def acts(self, session, place):
        if not self.always and (session.number or self.is_over):
            return False
        self.is_over = bool(self.bad(session, place))
        return self.is_over


class Crowd(socketserver.ThreadingTCPServer):
    """`cases`: what Peer takes behind its address, for each."""
    allow_reuse_address = daemon_threads = True
    block_on_close = False
    request_queue_size = 100

    def __init__(self, cases):
        super().__init__(("0.0.0.0", 0), Script)
        port = self.server_address[1]
        made = [Peer(f"127.1.{number // 250}.{number % 250 + 1}", port, *case) for number, case in enumerate(cases)]
        self.peers, self.all = {peer.address: peer for peer in made}, made
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Output:
    """The session's, in another way: `write(file, data)`."""

    def __init__(self, file, write):
        self.file, self.how = file, write

    def write(self, data):
        self.how(self.file, data)

    def __getattr__(self, name):
        return getattr(self.file, name)

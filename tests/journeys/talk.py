"""A session with a server that a test types itself: every byte, in packets as the test cuts them."""
import contextlib
import re
import socket
import typing


class Reply(typing.NamedTuple):
    """`enhanced` is "" where there is none; `lines` are the texts behind the codes."""
    code: int
    enhanced: str
    lines: list

    @property
    def codes(self):
        return f"{self.code} {self.enhanced}".strip()


class Talk:
    """`implicit`: an ssl.SSLContext for TLS from the first byte. The greeting is read at once, into `greeting`."""

    def __init__(self, port, implicit=None, name="client.test"):
        self.socket, self.name = socket.create_connection(("127.0.0.1", port), timeout=30), name
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = None
        self.begin_tls(implicit) if implicit else self.read_anew()
        self.greeting = self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.lines.close()
        with contextlib.suppress(OSError):
            self.socket.close()

    def read_anew(self):
        self.lines = self.socket.makefile("rb")

    def begin_tls(self, context):
        if self.lines:
            self.lines.close()
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.read_anew()

    def starttls(self, context):
        assert self.say("STARTTLS").codes == "220 2.0.0"
        self.begin_tls(context)

    def reply(self):
        """The next reply; None when the server hung up. Every rule of RFC 5321 4.2 and RFC 2034 4 for its form is checked."""
        texts, codes = [], set()
        while True:
            line = self.lines.readline()
            if not line and not texts:
                return None
            found = re.fullmatch(rb"([2-5][0-5][0-9])([ -])(?:([245]\.\d{1,3}\.\d{1,3}) )?([^\r\n]*)\r\n", line)
            assert found and len(line) <= 512, line
            codes.add((int(found[1]), (found[3] or b"").decode()))
            texts.append(found[4].decode())
            if found[2] == b" ":
                break
        assert len(codes) == 1, (codes, texts)
        code, enhanced = codes.pop()
        assert not enhanced or enhanced[0] == str(code)[0], (code, enhanced)
        return Reply(code, enhanced, texts)

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def say(self, line):
        self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.reply()

    def codes(self, *lines):
        """Each line is said when the one before it was answered; the codes, as "250 2.1.0"."""
        return [self.say(line).codes for line in lines]

    def rest(self):
        """The codes of all replies until the server hangs up."""
        return [reply.codes for reply in iter(self.reply, None)]

    def ehlo(self):
        """What is offered: parameters by keyword."""
        answer = self.say(f"EHLO {self.name}")
        assert answer.codes == "250", answer
        return dict(line.partition(" ")[::2] for line in answer.lines[1:])

    def begin(self, *recipients, sender="carol@there.test", parameters=""):
        """EHLO, MAIL and RCPT, all of which succeed."""
        self.ehlo()
        self.envelope(*recipients, sender=sender, parameters=parameters)

    def envelope(self, *recipients, sender="carol@there.test", parameters=""):
        said = self.codes(f"MAIL FROM:<{sender}>{parameters}", *(f"RCPT TO:<{each}>" for each in recipients or ("alice@here.test",)))
        assert all(codes.startswith("250") for codes in said), said

    def content(self, text):
        """DATA and a message, given with its line ends and dots as they go over the wire."""
        assert self.say("DATA").codes == "354"
        self.send(text)
        return self.say("\r\n.")

    def bdat(self, chunk, last=False):
        self.send(f"BDAT {len(chunk)}{' LAST' if last else ''}\r\n".encode() + chunk)
        return self.reply()

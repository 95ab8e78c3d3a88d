"""An address at which nobody answers: neither yes nor no."""
import contextlib
import socket


class BlackHole:
    """Listens, but its line of those that wait is full: the kernel drops whatever else comes."""

    def __init__(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listening = socket.socket(family)
        self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listening.bind((address, port))
        self.listening.listen(0)
        self.waiting = socket.create_connection((address, port), timeout=5)

    def came(self):
        """Connections beside the one that fills the line, now that they may come."""
        self.listening.setblocking(False)
        count = -1
        with contextlib.suppress(BlockingIOError):
            while True:
                self.listening.accept()[0].close()
                count += 1
        return count

    def close(self):
        self.waiting.close()
        self.listening.close()

"""A wire between a client and a server that keeps what the client sent, packet by packet."""
import contextlib
import socket
import threading


class Wire:
    """Connections to .port go on to the server's port; `packets` has what clients wrote, each as it was read."""

    def __init__(self, port):
        self.packets, self.server_port = [], port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                client = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.server_port))
                for source, target, kept in ((client, server, self.packets), (server, client, None)):
                    threading.Thread(target=self.carry, args=(source, target, kept), daemon=True).start()

    @staticmethod
    def carry(source, target, kept):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if kept is not None:
                    kept.append(data)
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    @property
    def text(self):
        return b"".join(self.packets).decode(errors="replace")

    def close(self):
        self.listener.close()

"""The web server of a domain that has a policy of MTA-STS."""
import http.server
import ssl
import threading

POLICY = "version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: {age}\n"


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def kept_policy(record, seconds, policy):
    """The file in which a server keeps what it fetched at that time."""
    return f"{record} {seconds} {crc32c(f'{record} {seconds}{chr(10)}{policy}'.encode())}\n{policy}"


class Web:
    """A web server at 127.0.0.3; `policy`, `status`, `type` may be changed while it runs."""

    def __init__(self, context, port):
        self.policy, self.status, self.type, self.asked = "", 200, "text/plain", []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.asked.append((self.headers["Host"], self.path))
                self.send_response(web.status)
                self.send_header("Content-Type", web.type)
                self.end_headers()
                self.wfile.write(web.policy.encode())

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request, client_address):
                try:
                    super().finish_request(context.wrap_socket(request, server_side=True), client_address)
                except (ssl.SSLError, OSError):
                    pass

        self.server = Server(("127.0.0.3", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

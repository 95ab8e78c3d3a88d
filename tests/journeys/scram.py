"""SCRAM-SHA-256 (RFC 5802, RFC 7677), made of Python's own parts: a client over a session of smtplib, and a server."""
import base64
import hashlib
import hmac
import secrets


def text64(text):
    return base64.b64encode(text.encode()).decode()


def keys(password, salt, iterations):
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    return client, hashlib.sha256(client).digest(), hmac.digest(salted, b"Server Key", "sha256")


def begin(session, name):
    """The first two messages: what the client said, what the server answered, and that as a dict."""
    bare = f"n={name},r={secrets.token_hex(12)}"
    code, said = session.docmd("AUTH", "SCRAM-SHA-256 " + text64("n,," + bare))
    assert code == 334, (code, said)
    first = base64.b64decode(said).decode()
    return bare, first, dict(part.split("=", 1) for part in first.split(","))


def login(session, name, password):
    """The reply to the proof; the server's own proof is checked."""
    bare, first, fields = begin(session, name)
    client, stored, server = keys(password, base64.b64decode(fields["s"]), int(fields["i"]))
    last = f"c=biws,r={fields['r']}"
    messages = ",".join((bare, first, last)).encode()
    proof = bytes(a ^ b for a, b in zip(client, hmac.digest(stored, messages, "sha256")))
    code, said = session.docmd(text64(f"{last},p={base64.b64encode(proof).decode()}"))
    if code != 334:
        return code, said
    assert base64.b64decode(said) == b"v=" + base64.b64encode(hmac.digest(server, messages, "sha256"))
    return session.docmd("")


def serve(say, read, first, password, iterations=4096, lies=False):
    """The server's half: `first` is what came with AUTH, in base64. Whether the client knows the password."""
    header, _, bare = base64.b64decode(first).decode().partition(",,")
    nonce, salt = bare.partition("r=")[2] + secrets.token_hex(8), secrets.token_bytes(16)
    began = f"r={nonce},s={base64.b64encode(salt).decode()},i={iterations}"
    say("334 " + text64(began))
    _, stored, server = keys(password, salt, iterations)
    last, _, proof = base64.b64decode(read()).decode().rpartition(",p=")
    messages = ",".join((bare, began, last)).encode()
    signature = hmac.digest(stored, messages, "sha256")
    key = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature))
    if header not in "ny" or last != f"c={text64(header + ',,')},r={nonce}" or hashlib.sha256(key).digest() != stored:
        return False
    proven = b"v=" + base64.b64encode(hmac.digest(b"lies" if lies else server, messages, "sha256"))
    say("334 " + base64.b64encode(proven).decode())
    return read().strip() == b""

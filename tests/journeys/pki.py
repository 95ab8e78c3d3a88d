"""Certificates of authorities that only tests trust, by the program openssl."""
import ssl
import subprocess


def openssl(*words, text=""):
    return subprocess.run(["openssl", *map(str, words)], input=text.encode(), capture_output=True, check=True).stdout


class Authority:
    """`file` is its certificate, for those who trust it."""

    def __init__(self, folder, name="Test Authority"):
        self.folder, self.file, self.key = folder, f"{folder}/{name}.pem".replace(" ", "-"), f"{folder}/{name}.key".replace(" ", "-")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", self.key, "-out", self.file)

    def certificate(self, name, days=2):
        """One that it issues for a host; `days` -1: it is over."""
        base = f"{self.folder}/{name}"
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                "-addext", f"subjectAltName=DNS:{name}", "-keyout", f"{base}.key", "-out", f"{base}.csr")
        openssl("x509", "-req", "-in", f"{base}.csr", "-CA", self.file, "-CAkey", self.key, "-CAcreateserial", "-days", days,
                "-copy_extensions", "copy", "-out", f"{base}.own")
        with open(f"{base}.pem", "w", encoding="ascii") as chain:
            for file in (f"{base}.own", self.file):
                chain.write(open(file, encoding="ascii").read())
        return Certificate(f"{base}.pem", f"{base}.key")


class Certificate:
    def __init__(self, file, key):
        self.file, self.key = file, key

    @property
    def context(self):
        """For a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def tlsa(file, usage, selector=1, matching=1):
    """Data of a TLSA record for the first certificate of a file."""
    der = openssl("x509", "-in", file, "-outform", "DER")
    if selector == 1:
        der = openssl("pkey", "-pubin", "-outform", "DER", text=openssl("x509", "-in", file, "-noout", "-pubkey").decode())
    if matching:
        der = subprocess.run(["openssl", "dgst", "-binary", f"-sha{ {1: 256, 2: 512}[matching] }"], input=der, capture_output=True,
                             check=True).stdout
    return f"{usage} {selector} {matching} {der.hex()}"

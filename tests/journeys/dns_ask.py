"""One question to a name server, to check that the tests' own server says what it should."""
import dnslib


def mx(port, name):
    """(response code, hosts of the MX records)"""
    answer = dnslib.DNSRecord.parse(dnslib.DNSRecord.question(name, "MX").send("127.0.0.1", port, timeout=10))
    return dnslib.RCODE[answer.header.rcode], [str(record.rdata.label) for record in answer.rr]

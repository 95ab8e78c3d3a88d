"""Refusals of the server, which end in a reference that nobody can foretell."""
import re


class SaysNo:
    def __init__(self, code, text):
        self.code, self.text = code, text

    def __eq__(self, other):
        code, text = other
        end = rb" \[ref \w+-\d+\]" if isinstance(text, bytes) else r" \[ref \w+-\d+\]"
        return code == self.code and text.startswith(self.text) and re.fullmatch(end, text[len(self.text):]) is not None

    def __repr__(self):
        return f"({self.code}, {self.text!r} and a reference)"


def says_no(code, text):
    """Equal to (code, text) of a reply with a reference behind the text."""
    return SaysNo(code, text)


def without_reference(text):
    return re.sub(rb" \[ref \w+-\d+\]$", b"", text)

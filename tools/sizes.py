#!/usr/bin/python3
"""Fails when a C file or a function has grown so long that there is a second idea in it.

  sizes.py [TREE]
"""
import pathlib
import re
import sys

from csource import code_only

FILE_LINES = 600
FUNCTION_LINES = 60


def functions(code):
    """(name, first line, last line) of each function: its braces stand in the first column."""
    begin = name = None
    for number, line in enumerate(code.splitlines(), 1):
        if line.startswith("{"):
            begin = number
        elif line.startswith("}") and begin:
            yield name, begin, number
            begin = None
        elif begin is None and (found := re.match(r"[A-Za-z].*?(\w+)\(", line)):
            name = found[1]


def findings(tree):
    for folder in ("src", "tests", "fuzz"):
        for file in sorted((tree / folder).rglob("*.[ch]")):
            code = code_only(file.read_text())
            lines = code.count("\n")
            if lines > FILE_LINES:
                yield f"{file.relative_to(tree)}: {lines} lines; {FILE_LINES} is the limit"
            for name, first, last in functions(code):
                if last - first > FUNCTION_LINES:
                    yield (f"{file.relative_to(tree)}:{first}: {name}() has {last - first} lines; "
                           f"{FUNCTION_LINES} is the limit")


if __name__ == "__main__":
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    wrong = list(findings(top))
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)

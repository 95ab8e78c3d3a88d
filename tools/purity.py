"""Fails when a library of a room without I/O needs a symbol that is neither its own nor on the allow-list.

  purity.py NM ALLOWED [--beside=LIBRARY]... LIBRARY...    NM: the program nm; ALLOWED: tools/pure-symbols.txt;
                                                           beside: may be called, and is not looked into
"""
import pathlib
import subprocess
import sys


def symbols(nm, library, option):
    text = subprocess.run([nm, "--format=just-symbols", option, library], check=True, capture_output=True, text=True)
    return {line for line in text.stdout.split() if not line.endswith(":")}


def main(nm, allowed_file, *libraries):
    allowed = set()
    for line in pathlib.Path(allowed_file).read_text().splitlines():
        allowed.update(line.partition("#")[0].split())
    beside = [library.partition("=")[2] for library in libraries if library.startswith("--beside=")]
    libraries = [library for library in libraries if not library.startswith("--beside=")]
    defined = set().union(*(symbols(nm, library, "--defined-only") for library in [*libraries, *beside]))
    if not defined:
        print("the libraries define nothing: is this the right build?")
        return 1
    wrong = [f"{pathlib.Path(library).name} needs {symbol}"
             for library in libraries
             for symbol in sorted(symbols(nm, library, "--undefined-only") - defined - allowed)]
    print("\n".join(wrong) or f"{len(libraries)} libraries need nothing but memory and string functions")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

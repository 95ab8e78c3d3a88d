"""Fails when a manual page is no proper troff, or when the guide knows a code or a cause that its page lacks.

  test_man.py PROGRAM PAGE...   PROGRAM is candor, whose lists are compared with candor-codes(7) and candor-causes(7)
"""
import json
import pathlib
import subprocess
import sys

GENERATED = {"candor-codes.7": "codes", "candor-causes.7": "causes"}


def complaints(page):
    """Those of mandoc; that no date is given is meant so: a page is as old as the program it comes with."""
    ran = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True, check=False)
    return [line for line in ran.stdout.splitlines() if "missing date" not in line]


def missing(program, page, what):
    listed = subprocess.run([program, "explain", "--list", what, "--json"], capture_output=True, text=True, check=True).stdout
    names = [json.loads(line)["name"] for line in listed.splitlines()]
    entries = {line[3:] for line in page.read_text().splitlines() if line.startswith(".B ")}
    wrong = [f"{page.name} does not have {name}" for name in names if name not in entries]
    return wrong if len(names) > 30 else wrong + [f"candor lists only {len(names)} {what}"]


def main():
    program, pages = sys.argv[1], [pathlib.Path(page) for page in sys.argv[2:]]
    wrong = [line for page in pages for line in complaints(page)]
    for page in pages:
        if page.name in GENERATED:
            wrong += missing(program, page, GENERATED[page.name])
    if not set(GENERATED) <= {page.name for page in pages}:
        wrong.append("the generated pages are not among those looked at")
    print("\n".join(wrong) or f"{len(pages)} pages are proper and whole")
    sys.exit(1 if wrong else 0)


main()

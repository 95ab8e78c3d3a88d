"""Fails when a room (a folder under src/ that builds something) has no README.md or one of more than 20 lines, and when
a README or docs/reading.md names a file or a function() that is not there.

  readmes.py [TREE]
"""
import pathlib
import re
import sys

MAX_LINES = 20
FILE = re.compile(r"`([\w./-]+\.(?:c|h|def))`")
FUNCTION = re.compile(r"`(\w+)\(\)`")


def missing_names(file, room, src, code):
    """What `file` names and nobody has; paths count from `room` or from src/."""
    text = file.read_text()
    for name in FILE.findall(text):
        if not ((room / name).is_file() or (src / name).is_file()):
            yield f"there is no {name}"
    for name in FUNCTION.findall(text):
        if not re.search(rf"\b{name}\(", code):
            yield f"there is no {name}()"


def findings(tree):
    src = tree / "src"
    code = "\n".join(file.read_text() for file in sorted(src.rglob("*.[ch]")))
    documents = [(tree / "docs/reading.md", src)] if (tree / "docs/reading.md").is_file() else []
    for room in sorted(p for p in src.iterdir() if (p / "meson.build").is_file()):
        readme = room / "README.md"
        if not readme.is_file():
            yield f"src/{room.name}: has no README.md"
            continue
        documents.append((readme, room))
        if readme.read_text().count("\n") > MAX_LINES:
            yield f"src/{room.name}/README.md: more than {MAX_LINES} lines"
    for file, room in documents:
        for what in missing_names(file, room, src, code):
            yield f"{file.relative_to(tree)}: {what}"


if __name__ == "__main__":
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    wrong = list(findings(top))
    print("\n".join(wrong) or "every room says what it is for")
    sys.exit(1 if wrong else 0)

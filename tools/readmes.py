"""Fails when a room (a folder under src/ that builds something) has no README.md, one of more than 20 lines, or one that names a missing file.

  readmes.py [TREE]
"""
import pathlib
import re
import sys

MAX_LINES = 20


def findings(tree):
    for room in sorted(p for p in (tree / "src").iterdir() if (p / "meson.build").is_file()):
        readme = room / "README.md"
        if not readme.is_file():
            yield f"src/{room.name}: has no README.md"
            continue
        text = readme.read_text()
        if text.count("\n") > MAX_LINES:
            yield f"src/{room.name}/README.md: more than {MAX_LINES} lines"
        for name in re.findall(r"`([\w./-]+\.(?:c|h|def))`", text):
            if not ((room / name).is_file() or (tree / "src" / name).is_file()):
                yield f"src/{room.name}/README.md: there is no {name}"


if __name__ == "__main__":
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    wrong = list(findings(top))
    print("\n".join(wrong) or "every room says what it is for")
    sys.exit(1 if wrong else 0)

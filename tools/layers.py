"""Fails when a folder under src/ includes a header of a folder that its row in tools/layers.txt does not name.

  layers.py [TREE]   checks TREE/src against TREE/tools/layers.txt
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def read_table(file):
    """The rows, highest first, as {folder: folders it may include}, and what is wrong with the table itself."""
    table, wrong = {}, []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        folder, _, below = line.partition(":")
        table[folder.strip()] = below.split()
    order = list(table)
    for folder, below in table.items():
        for other in below:
            if other not in table:
                wrong.append(f"{file.name}: {folder} names {other}, which has no row")
            elif order.index(other) <= order.index(folder):
                wrong.append(f"{file.name}: {folder} names {other}, which does not stand below it")
    return table, wrong


def check_document(file, table):
    """The table in the architecture document says the same."""
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", file.read_text(), re.M)
    told = {folder: below.split() for folder, below in rows}
    return [f"{file.name}: the row of {folder} is not that of tools/layers.txt"
            for folder in table if told.get(folder) != table[folder]]


def edges(src):
    """Every include between two folders of src/: (including file, line, folder, included path)."""
    for file in sorted(src.rglob("*")):
        if file.suffix not in (".c", ".h", ".def"):
            continue
        text = file.read_text()
        for found in INCLUDE.finditer(text):
            yield file, text.count("\n", 0, found.start(1)) + 1, file.relative_to(src).parts[0], found[1]


def check(tree):
    table, wrong = read_table(tree / "tools/layers.txt")
    document = tree / "docs/architecture.md"
    if document.exists():
        wrong += check_document(document, table)
    src = tree / "src"
    for folder in sorted(p.name for p in src.iterdir() if p.is_dir()):
        if folder not in table:
            wrong.append(f"src/{folder}: has no row in tools/layers.txt")
    seen = 0
    for file, line, folder, path in edges(src):
        seen += 1
        where = f"{file.relative_to(tree)}:{line}"
        target = path.split("/")[0]
        if "/" not in path or target not in table:
            wrong.append(f'{where}: "{path}" is not written as "folder/file.h"')
        elif target != folder and target not in table.get(folder, []):
            wrong.append(f'{where}: {folder} may not include "{path}"')
    if seen == 0:
        wrong.append("no include line was found: is this the right tree?")
    return wrong


if __name__ == "__main__":
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    findings = check(top)
    print("\n".join(findings) or "every include goes downwards")
    sys.exit(1 if findings else 0)

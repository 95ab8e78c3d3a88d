#!/usr/bin/env python3
"""Writes files as a C table, so that the page is part of the program: embed.py OUT.c FILE..."""
import os
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


def rows(data):
    for start in range(0, len(data), 20):
        yield "    " + "".join(f"{byte}," for byte in data[start:start + 20])


def main():
    out, files = sys.argv[1], sys.argv[2:]
    text, table = ['#include "web/page_files.h"', ""], []
    for number, name in enumerate(files):
        with open(name, "rb") as file:
            data = file.read()
        text += [f"static const unsigned char file_{number}[] = {{", *rows(data), "};"]
        path = os.path.basename(name)
        table.append(f'    {{"/{"" if path == "index.html" else path}", "{TYPES[os.path.splitext(path)[1]]}", '
                     f"file_{number}, {len(data)}}},")
    text += ["", "const struct page_file page_files[] = {", *table, "    {0},", "};", ""]
    with open(out, "w", encoding="ascii") as file:
        file.write("\n".join(text))


main()

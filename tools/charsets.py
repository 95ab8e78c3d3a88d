#!/usr/bin/python3
"""Writes src/mail/charset.c's tables: what a byte, or two, mean in the character sets of mail, as
Python knows them. Only characters of the basic plane; 0 where there is none."""
import codecs

SINGLE = ["iso8859-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7",
          "iso8859-8", "iso8859-9", "iso8859-10", "iso8859-13", "iso8859-14", "iso8859-15",
          "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
          "koi8-r", "koi8-u", "cp437", "cp850", "cp852", "cp866", "tis-620"]
DOUBLE = ["gbk", "big5", "cp949", "jis0208"]


def point(raw, codec):
    try:
        text = codecs.decode(raw, codec)
    except UnicodeDecodeError:
        return 0
    return ord(text) if len(text) == 1 and ord(text) < 0x10000 else 0


def double(codec):
    if codec == "jis0208":
        return [[point(b"\x1b$B" + bytes([lead, trail]) + b"\x1b(B", "iso2022_jp") for trail in range(0x21, 0x7f)]
                for lead in range(0x21, 0x7f)]
    return [[point(bytes([lead, trail]), codec) for trail in range(0x40, 0xff)] for lead in range(0x81, 0xff)]


def main():
    print("/* Made by tools/charsets.py. */")
    print("#include <stdint.h>")
    print("#include \"mail/charset_tables.h\"")
    for codec in DOUBLE:
        rows = double(codec)
        print("const", end=" ")
        print(f"uint16_t charset_{codec}[{len(rows)}][{len(rows[0])}] = {{")
        for row in rows:
            print("    {" + ",".join(str(p) for p in row) + "},")
        print("};")
    print(f"const struct charset_single charset_singles[{len(SINGLE)}] = {{")
    for codec in SINGLE:
        points = [point(bytes([byte]), codec) for byte in range(0x80, 0x100)]
        print(f"    {{\"{codec}\", {{" + ",".join(str(p) for p in points) + "}},")
    print("};")
    print(f"const size_t charset_single_count = {len(SINGLE)};")


if __name__ == "__main__":
    main()

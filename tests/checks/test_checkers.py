"""The checkers in tools/ fail when they should: each on a small tree with one thing wrong."""
import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest

import banned
import layers
import purity
import readmes
import sizes
import tally

TOOLS = pathlib.Path(layers.__file__).parent


class Trees(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.tree = pathlib.Path(self.folder.name)
        self.write("tools/layers.txt", "mail: base\nbase:\n")
        self.write("src/mail/a.c", '#include "base/b.h"\n#include <stdio.h>\n')
        self.write("src/base/b.h", "int b(void);\n")

    def write(self, path, text):
        file = self.tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


class Layers(Trees):
    def test_downwards_is_fine(self):
        self.assertEqual(layers.check(self.tree), [])

    def test_upwards_is_found_with_its_line(self):
        self.write("src/base/b.h", '\n#include "mail/a.h"\n')
        self.assertEqual(layers.check(self.tree), ['src/base/b.h:2: base may not include "mail/a.h"'])

    def test_a_bare_name_is_found(self):
        self.write("src/base/b.c", '#include "b.h"\n')
        self.assertIn("folder/file.h", layers.check(self.tree)[0])

    def test_a_folder_without_a_row_is_found(self):
        self.write("src/extra/x.c", "")
        self.assertEqual(layers.check(self.tree), ["src/extra: has no row in tools/layers.txt"])

    def test_a_table_with_a_circle_is_found(self):
        self.write("tools/layers.txt", "mail: base\nbase: mail\n")
        self.assertIn("base names mail, which does not stand below it", layers.check(self.tree)[0])

    def test_a_document_that_tells_something_else_is_found(self):
        self.write("docs/architecture.md", "| `mail` | words | base |\n| `base` | words | mail |\n")
        self.assertEqual(layers.check(self.tree), ["architecture.md: the row of base is not that of tools/layers.txt"])

    def test_the_real_table_is_a_picture_without_a_circle(self):
        table, wrong = layers.read_table(TOOLS / "layers.txt")
        self.assertEqual(wrong, [])
        self.assertEqual(table["reply"], ["base"])


class Banned(Trees):
    def test_quiet_tree(self):
        self.assertEqual(list(banned.findings(self.tree)), [])

    def test_never(self):
        self.write("src/cli/c.c", "void f(char *a)\n{\n    strcpy(a, a);\n}\n")
        self.assertEqual(list(banned.findings(self.tree)), ["src/cli/c.c:3: strcpy is banned"])

    def test_words_in_comments_strings_and_members_are_fine(self):
        self.write("src/mail/m.c", '/* malloc(1) */ const char *x = "free(y)"; int z = a->read(b) + c.free(d);\n')
        self.assertEqual(list(banned.findings(self.tree)), [])

    def test_a_static_function_of_the_same_name_is_fine(self):
        self.write("src/mail/m.c", "static int open(int a)\n{\n    return a;\n}\nint f(void)\n{\n    return open(1);\n}\n")
        self.assertEqual(list(banned.findings(self.tree)), [])

    def test_allocation_in_a_pure_room_only(self):
        self.write("src/net/n.c", "void *f(void) { return malloc(3); }\n")
        self.assertEqual(list(banned.findings(self.tree)), [])
        self.write("src/mail/m.c", "void *f(void) { return malloc(3); }\n")
        self.assertEqual(len(list(banned.findings(self.tree))), 1)


class Sizes(Trees):
    def test_long_function(self):
        self.write("src/mail/m.c", "int f(void)\n{\n" + "    g();\n" * 61 + "}\n")
        self.assertIn("f() has 62 lines", next(iter(sizes.findings(self.tree))))

    def test_long_file(self):
        self.write("src/mail/m.c", "int x;\n" * 601)
        self.assertIn("601 lines", next(iter(sizes.findings(self.tree))))

    def test_short_ones(self):
        self.write("src/mail/m.c", "int f(void)\n{\n" + "    g();\n" * 50 + "}\n" * 1)
        self.assertEqual(list(sizes.findings(self.tree)), [])


class Readmes(Trees):
    def setUp(self):
        super().setUp()
        for room in ("mail", "base"):
            self.write(f"src/{room}/meson.build", "")
            self.write(f"src/{room}/README.md", "")

    def test_missing(self):
        self.write("src/cli/meson.build", "")
        self.assertEqual(list(readmes.findings(self.tree)), ["src/cli: has no README.md"])

    def test_long(self):
        self.write("src/base/README.md", "x\n" * 21)
        self.assertEqual(list(readmes.findings(self.tree)), ["src/base/README.md: more than 20 lines"])

    def test_what_a_readme_names_must_be_there(self):
        self.write("src/mail/README.md", "reads `a.c`, `base/b.h`, calls `b()`, then `gone.c`, `lost()`\n")
        self.assertEqual(list(readmes.findings(self.tree)), [
            "src/mail/README.md: there is no gone.c", "src/mail/README.md: there is no lost()"])

    def test_what_the_walk_names_must_be_there(self):
        self.write("docs/reading.md", "`mail/a.c`, `mail/gone.c`, `b()`\n")
        self.assertEqual(list(readmes.findings(self.tree)), ["docs/reading.md: there is no mail/gone.c"])


class Purity(Trees):
    def library(self, code):
        self.write("p.c", code)
        subprocess.run(["gcc", "-c", "p.c", "-o", "p.o"], cwd=self.tree, check=True)
        subprocess.run(["ar", "rcs", "libp.a", "p.o"], cwd=self.tree, check=True)
        return str(self.tree / "libp.a")

    def run_purity(self, code):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            status = purity.main("nm", TOOLS / "pure-symbols.txt", self.library(code))
        return status, out.getvalue()

    def test_string_functions_are_fine(self):
        self.assertEqual(self.run_purity("#include <string.h>\nint f(char *a) { return (int)strlen(a); }\n")[0], 0)

    def test_a_clock_is_found(self):
        status, out = self.run_purity("#include <time.h>\nlong f(void) { return time(0); }\n")
        self.assertEqual((status, out), (1, "libp.a needs time\n"))


class Tally(Trees):
    def junit(self, status, cases):
        self.write("j.xml", f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
        return tally.junit(status, self.tree / "j.xml")

    def test_counts(self):
        self.assertEqual(self.junit(0, "<testcase/><testcase/>"), (2, 0))
        self.assertEqual(self.junit(1, "<testcase/><testcase><failure/></testcase>"), (1, 1))
        self.assertEqual(self.junit(0, "<testcase/><testcase><skipped/></testcase>"), (1, 1))

    def test_nothing_ran_or_crashed_is_a_failure(self):
        self.assertEqual(self.junit(0, ""), (0, 1))
        self.assertEqual(self.junit(1, "<testcase/>"), (1, 1))
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(tally.junit(0, self.tree / "none.xml"), (0, 1))

    def test_sum(self):
        self.write("r/a.count", "3 0\n")
        self.write("r/b.count", "2 1\n")
        self.assertEqual(tally.total([self.tree / "r"]), (5, 1))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])

"""Adds up what passed and what failed.

  tally.py junit STATUS FILE   prints "passed failed" of a JUnit file; STATUS is the exit status of the run
  tally.py sum FOLDER...       prints "N passed, N failed" over the *.count files; fails if any failed or none ran
"""
import pathlib
import sys
import xml.etree.ElementTree as xml


def junit(status, file):
    """A skipped test counts as failed: nothing here may be left out quietly."""
    passed = failed = 0
    try:
        for case in xml.parse(file).iter("testcase"):
            bad = any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
            passed, failed = passed + (not bad), failed + bad
    except (OSError, xml.ParseError) as error:
        print(f"tally: {file}: {error}", file=sys.stderr)
        failed = 1
    if (status != 0 or passed == 0) and failed == 0:
        failed = 1
    return passed, failed


def total(folders):
    counts = [file.read_text().split() for folder in folders for file in pathlib.Path(folder).glob("*.count")]
    return sum(int(c[0]) for c in counts), sum(int(c[1]) for c in counts)


def main(words):
    if words[:1] == ["junit"]:
        print(*junit(int(words[1]), words[2]))
        return 0
    passed, failed = total(words[1:])
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

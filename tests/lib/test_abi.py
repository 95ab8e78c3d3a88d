"""The shared library exports the functions of its header and nothing else, and does no I/O.

  test_abi.py TREE LIBRARY [plain]    plain: no sanitizer adds symbols of its own
"""
import pathlib
import re
import subprocess
import sys


def symbols(library, option):
    text = subprocess.run(["nm", "-D", "--format=just-symbols", option, library], check=True, capture_output=True, text=True)
    return {line.partition("@")[0] for line in text.stdout.split()}


tree, library = pathlib.Path(sys.argv[1]), sys.argv[2]
header = re.sub(r"/\*.*?\*/", "", (tree / "include/candor.h").read_text(), flags=re.S)
promised = set(re.findall(r"\b(candor_\w+)\(", header))
exported = symbols(library, "--defined-only") - {"CANDOR_0"}
assert promised and exported == promised, exported ^ promised
dynamic = subprocess.run(["readelf", "-d", library], check=True, capture_output=True, text=True).stdout
assert "[libcandor.so.0]" in dynamic, dynamic
if "plain" in sys.argv[3:]:
    allowed = set()
    for line in (tree / "tools/pure-symbols.txt").read_text().splitlines():
        allowed.update(line.partition("#")[0].split())
    loader = {"__cxa_finalize", "__gmon_start__", "_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable"}
    foreign = symbols(library, "--undefined-only") - allowed - loader
    assert not foreign, foreign

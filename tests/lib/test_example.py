"""The example program, run."""
import subprocess
import sys

out = subprocess.run([sys.argv[1], "452 4.2.2 Mailbox full"], check=True, capture_output=True, text=True).stdout
lines = out.splitlines()
assert lines[0].startswith("mailbox_full: "), out
assert lines[1].startswith("1. "), out

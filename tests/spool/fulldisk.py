"""Fills a file system of 24 MiB with a spool, once with space kept back and once to the last block,
and goes on when there is space again. Needs root and loop mounts. usage: fulldisk.py FILL"""
import pathlib
import subprocess
import sys
import tempfile

from powercut import can_mount, make_image, mounted

MEGABYTES = 24
BALLAST = 2 << 20


def fill(folder, program, name):
    image = folder / f"{name}.img"
    make_image(image, MEGABYTES)
    with mounted(image, folder / name) as spool:
        ballast = spool.parent / "ballast"
        ballast.write_bytes(b"b" * BALLAST)
        arguments = [str(ballast)] if name == "ballast" else []
        result = subprocess.run([program, name, str(spool), *arguments], capture_output=True, text=True)
    print(result.stdout, end="")
    print(result.stderr, end="", file=sys.stderr)
    return result.returncode == 0


def main(program):
    with tempfile.TemporaryDirectory(prefix="spool-full-") as name:
        folder = pathlib.Path(name)
        reason = can_mount(folder)
        if reason:
            print(f"1..0 # SKIP FULL DISKS ARE NOT TESTED HERE: {reason}")
            print(f"FULL DISKS ARE NOT TESTED HERE: {reason}", file=sys.stderr)
            return
        print("1..2")
        for number, (mode, what) in enumerate([("reserve", "with space kept back, ends make room"),
                                               ("ballast", "to the last block, nothing is lost")], 1):
            print(f"{'ok' if fill(folder, program, mode) else 'not ok'} {number} {what}")


if __name__ == "__main__":
    main(sys.argv[1])

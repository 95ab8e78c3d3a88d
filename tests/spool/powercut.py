"""Cuts the power: the spool lies on a file system in a file; a writer is killed, the file is copied
as it is at that moment, with nothing of what only the kernel's memory held, and the copy is mounted
and compared with what was acknowledged. A writer that leaves out the sync must lose something, or
the test proves nothing. Needs root and loop mounts. usage: powercut.py TORTURE ROUNDS"""
import contextlib
import pathlib
import random
import subprocess
import sys
import tempfile

from crash import verify, write_and_kill

MEGABYTES = 96


def run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


@contextlib.contextmanager
def mounted(image, at):
    """No journal commit by the clock: what reaches the file is what was synced."""
    at.mkdir(exist_ok=True)
    run("mount", "-o", "loop,commit=300,noatime", str(image), str(at))
    try:
        yield at / "spool"
    finally:
        run("umount", "--lazy", str(at))


def make_image(image, megabytes=MEGABYTES):
    with open(image, "wb") as file:
        file.truncate(megabytes << 20)
    run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))


def cut_power(folder, image, torture, told):
    """Looks at a copy, as the machine would after the cut. Each copy is a file of its own: the loop
    device of the one before may outlive its mount, and would show what it remembers of the old."""
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".img") as copy:
        run("cp", "--sparse=always", str(image), copy.name)
        with mounted(copy.name, folder / "copy") as spool:
            return verify(torture, str(spool), told)


def rounds_of(folder, torture, name, rounds, dice, *options):
    """Power cuts on one file system, until one loses something; how many went well."""
    image = folder / f"{name}.img"
    make_image(image)
    with open(folder / f"{name}.told", "wb") as told, mounted(image, folder / name) as spool:
        for i in range(1, rounds + 1):
            lines = dice.choice([1, 40, 400]) + dice.randrange(100)
            write_and_kill(torture, str(spool), told, i, lines, *options)
            is_whole, figures, complaints = cut_power(folder, image, torture, told)
            print(f"# {name}, cut {i}: {figures}")
            if not is_whole:
                return i - 1, complaints
    return rounds, ""


def can_mount(folder):
    try:
        make_image(folder / "try.img")
        with mounted(folder / "try.img", folder / "try"):
            return ""
    except (subprocess.CalledProcessError, OSError) as error:
        return (getattr(error, "stderr", None) or str(error)).strip()


def main(torture, rounds):
    dice = random.Random(815)
    with tempfile.TemporaryDirectory(prefix="spool-power-") as name:
        folder = pathlib.Path(name)
        reason = can_mount(folder)
        if reason:
            print(f"1..0 # SKIP POWER CUTS ARE NOT TESTED HERE: {reason}")
            print(f"POWER CUTS ARE NOT TESTED HERE: {reason}", file=sys.stderr)
            return
        print("1..2")
        went_well, complaints = rounds_of(folder, torture, "synced", rounds, dice)
        print(f"{'ok' if went_well == rounds else 'not ok'} 1 nothing acknowledged is lost in {rounds} power cuts")
        sys.stderr.write(complaints)
        went_well, _ = rounds_of(folder, torture, "control", rounds, dice, "nosync")
        print(f"{'ok' if went_well < rounds else 'not ok'} 2 without the sync, something is lost")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

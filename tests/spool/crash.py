"""Kills a writer of the spool at random moments, many times over on the same folder, and compares
what is there afterwards with what was acknowledged. usage: crash.py TORTURE ROUNDS"""
import os
import pathlib
import random
import subprocess
import sys
import tempfile


def write_and_kill(torture, spool, told, seed, lines, *options):
    """Lets a writer tell `lines` lines, kills it, and notes all that it told, to the last byte."""
    with subprocess.Popen([torture, "write", spool, str(seed), *options], stdout=subprocess.PIPE) as writer:
        for _ in range(lines):
            line = writer.stdout.readline()
            if not line:
                sys.exit(f"not ok 1 the writer ended by itself: {writer.wait()}")
            told.write(line)
        writer.kill()
        told.write(writer.stdout.read())
    told.flush()


def verify(torture, spool, told):
    """Whether everything told is there, and what the verifier says."""
    result = subprocess.run([torture, "verify", spool, told.name], capture_output=True, text=True)
    return result.returncode == 0, result.stdout.strip(), result.stderr.strip()


def control(torture, spool, told):
    """A verifier that sees no loss proves nothing: half of every segment goes. (Not of the largest file only: that may
    be an emptied one kept to be written over, or one whose messages have all ended.)"""
    for file in pathlib.Path(spool).glob("seg-*.log"):
        os.truncate(file, file.stat().st_size // 2)
    is_whole, figures, _ = verify(torture, spool, told)
    print(f"# with half of every segment gone: {figures}")
    return not is_whole


def main(torture, rounds):
    dice = random.Random(4711)
    print("1..2")
    with tempfile.TemporaryDirectory(prefix="spool-crash-") as folder:
        spool = str(pathlib.Path(folder) / "spool")
        with open(pathlib.Path(folder) / "told", "wb") as told:
            for i in range(1, rounds + 1):
                write_and_kill(torture, spool, told, i, dice.choice([1, 20, 300, 1000]) + dice.randrange(100))
                is_whole, figures, complaints = verify(torture, spool, told)
                print(f"# round {i}: {figures}")
                if not is_whole:
                    sys.exit(f"not ok 1 round {i}\n{complaints}")
            print(f"ok 1 nothing acknowledged is lost in {rounds} rounds of kill -9")
            print("ok 2 a loss is seen" if control(torture, spool, told) else "not ok 2 a loss is not seen")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

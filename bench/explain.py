#!/usr/bin/python3
"""How fast `candor explain` is, the command as people run it: start-up, replies, an mbox, a Postfix log; on one
processor by processor time, and with all of them by the clock. Memory on a long log.

  explain.py CANDOR BENCH_LOGS [--replies FILE] [--mails FOLDER] [--log-mib N] [--long-gib N] [--rounds N]

FILE: replies, one a line; FOLDER: mails, one a file, which become one mbox. What is not given is not measured.
"""
import argparse
import os
import pathlib
import re
import subprocess
import tempfile
import time

LEAST = 64 * 1024 * 1024  # bytes to read: long enough for a clock


def run(program, *words, **options):
    """(seconds by the clock, seconds of processors, KiB at most) of a command that has to go well."""
    begun = time.monotonic()
    with subprocess.Popen([program, "explain", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          **options) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"explain.py: candor explain {' '.join(words)} ended with {process.returncode}")
    return time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def best(rounds, *words):
    results = [run(*words) for _ in range(rounds)]
    return [min(column) for column in zip(*results)]


def repeat(path, data):
    """The data again and again, as one file; how often."""
    times = LEAST // len(data) + 1
    with open(path, "wb") as file:
        for _ in range(times):
            file.write(data)
    return times


def mbox_of(folder):
    """All mails below the folder as an mbox of theirs, and how many they are."""
    mails = []
    for path in sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file()):
        text = re.sub(rb"\r\n?", b"\n", path.read_bytes())
        if text.startswith(b"From "):
            text = text.partition(b"\n")[2]
        mails.append(b"From MAILER-DAEMON Mon Nov 23 20:15:00 2026\n" + re.sub(rb"(?m)^(>*From )", rb">\1", text) + b"\n\n")
    return b"".join(mails), len(mails)


def measure(options, what, path, count, unit):
    for form in ("--summary", "--json"):
        wall, spent, most = best(options.rounds, options.candor, form, "--jobs", "1", path)
        together, _, _ = best(options.rounds, options.candor, form, path)
        print(f"{what:16} {form:10} {count / spent:13,.0f} {unit}/s of one processor   "
              f"{wall / together:4.2f} times as fast with {os.cpu_count()}   {most / 1024:6.1f} MiB")


def measure_long(options, path):
    """The log over and over through a pipe."""
    times = (options.long_gib << 30) // os.path.getsize(path) + 1
    with subprocess.Popen(["sh", "-c", f"for i in $(seq {times}); do cat '{path}'; done"], stdout=subprocess.PIPE) as source:
        wall, _, most = run(options.candor, "--summary", "-", stdin=source.stdout)
    read = times * os.path.getsize(path)
    print(f"long log         {read / 2**30:.1f} GiB in {wall:.1f} s: {read / 1e6 / wall:,.0f} MB/s by the clock, {most / 1024:.1f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("candor")
    parser.add_argument("bench_logs")
    parser.add_argument("--replies")
    parser.add_argument("--mails")
    parser.add_argument("--log-mib", type=int, default=256)
    parser.add_argument("--long-gib", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    wall, spent, most = best(20, options.candor, "550 5.1.1 user unknown")
    print(f"start-up         {wall * 1000:.1f} ms by the clock, {spent * 1000:.1f} ms of a processor, {most / 1024:.1f} MiB")
    with tempfile.TemporaryDirectory(prefix="explain-", dir="/var/tmp") as folder:
        path = f"{folder}/input"
        if options.replies:
            data = pathlib.Path(options.replies).read_bytes()
            measure(options, "replies", path, repeat(path, data) * data.count(b"\n"), "replies")
        if options.mails:
            data, count = mbox_of(options.mails)
            measure(options, "mbox", path, repeat(path, data) * count, "mails")
        with open(path, "wb") as file:
            subprocess.run([options.bench_logs, "-m", str(options.log_mib), "-w"], stdout=file, check=True)
        measure(options, "Postfix log", path, os.path.getsize(path) / 1e6, "MB")
        if options.long_gib:
            measure_long(options, path)


if __name__ == "__main__":
    main()

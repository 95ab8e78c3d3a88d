"""Runs libFuzzer targets, as many at once as there are processors, and counts each as passed or failed.

  fuzz.py --seconds N --build FOLDER --results FOLDER [NAME...]

Seeds come from fuzz/corpus/NAME/, words from fuzz/dictionaries/NAME; what the fuzzer finds is kept in FOLDER/corpus/NAME/ for the next time, and an
input that fails in FOLDER/NAME-crash-*.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent


def fuzz(target, options):
    name = target.name.removeprefix("fuzz_")
    found = options.build / "corpus" / name
    found.mkdir(parents=True, exist_ok=True)
    words = TOP / "fuzz/dictionaries" / name
    done = subprocess.run(
        [target, found, TOP / "fuzz/corpus" / name, *([f"-dict={words}"] if words.is_file() else []), f"-max_total_time={options.seconds}", "-timeout=10",
         "-rss_limit_mb=2048", f"-artifact_prefix={options.build}/{name}-", "-print_final_stats=1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    (options.results / f"{name}.log").write_text(done.stderr)
    (options.results / f"{name}.count").write_text("1 0\n" if done.returncode == 0 else "0 1\n")
    runs = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    return name, done.returncode, runs and runs[1], done.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--build", type=lambda text: pathlib.Path(text).resolve(), required=True)
    parser.add_argument("--results", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    targets = [file for file in sorted((options.build / "fuzz").glob("fuzz_*"))
               if file.is_file() and (not options.names or file.name.removeprefix("fuzz_") in options.names)]
    if not targets:
        sys.exit("there is no such fuzz target")
    print(f"{len(targets)} targets, {options.seconds} s each, {os.cpu_count()} at once")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, status, runs, output in pool.map(lambda target: fuzz(target, options), targets):
            print(f"{name:16} {'ok' if status == 0 else 'FAILED'}  {runs or 'no'} inputs")
            if status != 0:
                print("\n".join(output.splitlines()[-40:]))


if __name__ == "__main__":
    main()

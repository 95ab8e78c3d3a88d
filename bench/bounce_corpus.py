#!/usr/bin/env python3
"""How much of a collection of labelled bounces is read right: bounce_corpus.py BENCH_BOUNCE FOLDER
[-v]. FOLDER holds labels.tsv, dsn-fields.tsv and maildir/*/*.eml; without it there is nothing to
measure, and that is said."""
import csv
import os
import re
import subprocess
import sys

KINDS = {"bounce": ("failure", "delay"), "arf": ("complaint",), "success-dsn": ("success",),
         "autoreply": ("auto-reply",)}


def rows(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def run(program, flag, folder, files):
    out = subprocess.run([program, flag, *files], cwd=folder, capture_output=True, check=True).stdout
    return [line.split("\t") for line in out.decode("utf-8", "replace").split("\n") if line]


class Score:
    def __init__(self, verbose):
        self.verbose = verbose
        self.good, self.all = {}, {}

    def add(self, what, is_good, *words):
        self.all[what] = self.all.get(what, 0) + 1
        self.good[what] = self.good.get(what, 0) + bool(is_good)
        if not is_good and self.verbose:
            print(what, *words, sep="\t")

    def show(self):
        for what, total in self.all.items():
            print(f"{what:22} {self.good[what]:4} of {total:4}  {100 * self.good[what] / total:6.2f} %")


def score_labels(score, labels, read):
    wanted = {}
    for row in labels:
        wanted.setdefault(row["file"], []).append(row)
    for file, want in wanted.items():
        got = {r[2].lower().strip("<>"): r for r in read.get(file, []) if len(r) > 3}
        kinds = {r[1] for r in read.get(file, [])}
        score.add("kind", kinds and kinds <= set(KINDS[want[0]["kind"]]), file, kinds, want[0]["kind"])
        names = {row["recipient"].lower() for row in want}
        for extra in set(got) - names:
            score.add("no other recipient", False, file, extra, names)
        for row in want:
            score_row(score, row, got.get(row["recipient"].lower()))


def score_row(score, row, r):
    file = row["file"]
    score.add("recipient", r, file, row["recipient"])
    if not r:
        return
    score.add("no other recipient", True)
    if row["kind"] != "bounce":
        return
    code, enhanced = r[3] if r[3] != "0" else "", r[4] if r[4] != "0.0.0" else ""
    if row["replycode_in_mail"] == "1":
        score.add("code", code == row["replycode"], file, row["recipient"], code, row["replycode"], r[9])
    if row["status_in_mail"] == "1":
        score.add("enhanced", enhanced == row["deliverystatus"], file, row["recipient"], enhanced,
                  row["deliverystatus"], r[9])
    if row["status_in_mail"] == "0":
        score.add("no enhanced invented", enhanced != row["deliverystatus"], file, enhanced)
    causes = [row["expert_class"], *filter(None, row["alt_classes"].split(","))]
    score.add("cause", r[5] in causes, file, row["recipient"], r[5], "|".join(causes), r[3], r[4], r[9][:300])


def same(a, b):
    return re.sub(r"\s+", "", a) == re.sub(r"\s+", "", b)


def score_fields(score, fields, read):
    names = ["final_recipient", "original_recipient", "action", "status", "remote_mta", "diagnostic_code"]
    for row in fields:
        got = read.get(row["file"], [])
        at = int(row["index"]) - 1
        for n, name in enumerate(names):
            have = got[at][n + 1] if at < len(got) else "(nothing)"
            score.add("fields", same(have, row[name]), row["file"], name, have, row[name])


def text_of(folder, file):
    with open(os.path.join(folder, file), "rb") as f:
        return re.sub(rb"\r+\n|\r", b"\n", f.read())


def score_ends(score, folder, read, files):
    """The same mail with other line ends: where a pair is the same but for these."""
    for file in files:
        for other in ("maildir/dos/", "maildir/mac/"):
            twin = other + file.split("/")[-1]
            if file.startswith("maildir/bsd/") and twin in read and text_of(folder, file) == text_of(folder, twin):
                score.add("same with CR LF, CR", [r[1:] for r in read[twin]] == [r[1:] for r in read[file]], twin)


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    if not os.path.exists(os.path.join(folder, "labels.tsv")):
        print(f"bounce_corpus: {folder} holds no labels.tsv: nothing to measure")
        return
    files = sorted(os.path.relpath(os.path.join(base, name), folder)
                   for base, _, names in os.walk(os.path.join(folder, "maildir"))
                   for name in names if name.endswith(".eml"))
    read, fields = {}, {}
    for row in run(program, "-p", folder, files):
        read.setdefault(row[0], []).append(row)
    for row in run(program, "-f", folder, files):
        fields.setdefault(row[0], []).append(row)
    score = Score("-v" in sys.argv)
    score_labels(score, rows(os.path.join(folder, "labels.tsv")), read)
    score_fields(score, rows(os.path.join(folder, "dsn-fields.tsv")), fields)
    score_ends(score, folder, read, files)
    score.show()


if __name__ == "__main__":
    main()

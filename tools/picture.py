"""Makes docs/explain.svg, the picture in the README, from what `candor explain` really prints.

  picture.py PROGRAM [TEXT] > docs/explain.svg
"""
import html
import re
import subprocess
import sys

REPLY = "550 5.7.1 Service unavailable: client [192.0.2.7] blocked using zen.spamhaus.org"
CELL, LINE, EDGE, HEAD = 8.43, 19, 18, 34
COLOURS = {"30": "#6b7280", "31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff",
           "36": "#76e3ea", "37": "#e6edf3", "90": "#8b949e", "91": "#ffa198", "92": "#56d364", "93": "#e3b341",
           "94": "#79c0ff", "95": "#d2a8ff", "96": "#76e3ea", "97": "#ffffff"}
SGR = re.compile(r"\x1b\[([0-9;]*)m")


def style_of(state):
    words = []
    if "1" in state:
        words.append('font-weight="bold"')
    if "2" in state:
        words.append('opacity="0.65"')
    if "4" in state:
        words.append('text-decoration="underline"')
    words += [f'fill="{COLOURS[code]}"' for code in state if code in COLOURS]
    return " ".join(words)


def change(state, codes):
    for code in codes.split(";"):
        if code in ("", "0"):
            state = []
        elif code == "39":
            state = [one for one in state if one not in COLOURS]
        elif code == "22":
            state = [one for one in state if one not in ("1", "2")]
        else:
            state = [one for one in state if not (code in COLOURS and one in COLOURS)] + [code]
    return state


def spans(line, state):
    """(SVG of one line of terminal output, its width in cells, the state after it)"""
    out, column, parts = [], 0, SGR.split(line)
    for number, part in enumerate(parts):
        if number % 2:
            state = change(state, part)
        elif part:
            out.append(f'<tspan x="{EDGE + column * CELL:.1f}" {style_of(state)}>{html.escape(part)}</tspan>')
            column += len(part)
    return "".join(out), column, state


def picture(command, output):
    lines, state, width = [], [], 0
    for number, line in enumerate([f"\x1b[92m$\x1b[0m {command}", ""] + output.rstrip("\n").split("\n")):
        svg, cells, state = spans(line, state)
        width = max(width, cells)
        lines.append(f'<text y="{HEAD + EDGE + number * LINE}" xml:space="preserve">{svg}</text>')
    across, down = round(width * CELL + 2 * EDGE), HEAD + EDGE + len(lines) * LINE
    dots = "".join(f'<circle cx="{20 + 18 * n}" cy="17" r="5.5" fill="{c}"/>'
                   for n, c in enumerate(("#ff5f57", "#febc2e", "#28c840")))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{down}" viewBox="0 0 {across} {down}" '
            f'role="img" aria-label="candor explain prints what a reply means and what to do">\n'
            f'<rect width="100%" height="100%" rx="8" fill="#0d1117"/>{dots}\n'
            '<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14" '
            f'fill="#e6edf3">\n' + "\n".join(lines) + "\n</g>\n</svg>")


def main(program, text=REPLY):
    output = subprocess.run([program, "explain", "--color=always", text], check=True, capture_output=True, text=True,
                            env={"COLUMNS": "92", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}).stdout
    print(picture(f'candor explain "{text}"', output))


if __name__ == "__main__":
    main(*sys.argv[1:])

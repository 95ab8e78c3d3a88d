"""Charts of lines over a day as SVG, with nothing but the standard library."""
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, GAP = 460, 150, 52, 34, 46


def ticks(most):
    """Round numbers from 0 up to at least `most`."""
    step = 1
    while most > step * 4:
        step *= 2.5 if str(step).startswith("2") else 2
    return [step * n for n in range(5) if step * (n - 1) < most]


def points(values, most):
    width = WIDTH / max(1, len(values) - 1)
    return " ".join(f"{n * width:.1f},{HEIGHT - HEIGHT * min(value, most) / most:.1f}"
                    for n, value in enumerate(values))


def panel(title, series, x, y):
    """`series`: (name, colour, dash, values) each."""
    most = ticks(max(max(values) for *_, values in series) or 1)
    out = [f'<g transform="translate({x},{y})"><text y="-18" font-weight="bold">{escape(title)}</text>']
    for value in most:
        at = HEIGHT - HEIGHT * value / most[-1]
        out.append(f'<path d="M0 {at:.1f}H{WIDTH}" stroke="#ddd"/>'
                   f'<text x="-6" y="{at + 4:.1f}" text-anchor="end">{value:,.0f}</text>')
    for hour in range(0, 25, 4):
        out.append(f'<text x="{WIDTH * hour / 24:.0f}" y="{HEIGHT + 15}" text-anchor="middle">{hour} h</text>')
    for number, (name, colour, dash, values) in enumerate(series):
        out.append(f'<polyline points="{points(values, most[-1])}" fill="none" stroke="{colour}"'
                   f' stroke-width="1.5" stroke-dasharray="{dash}"/>'
                   f'<text x="{number * 150}" y="-4" fill="{colour}">{escape(name)}</text>')
    return "".join(out) + "</g>"


def write(path, title, rows):
    """Each row: panels beside each other, each a title and its series."""
    columns = max(len(row) for row in rows)
    width = columns * (WIDTH + LEFT + GAP)
    height = TOP + len(rows) * (HEIGHT + 80)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
           f' font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
           f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>']
    for r, row in enumerate(rows):
        for c, (name, series) in enumerate(row):
            out.append(panel(name, series, LEFT + c * (WIDTH + LEFT + GAP), TOP + 46 + r * (HEIGHT + 80)))
    path.write_text("\n".join(out) + "\n</svg>\n")

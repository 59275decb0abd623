#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plot.py < OUTPUT > growth.svg: what `script/bench growth` printed, as a picture: how time, memory and proofs grow."""
import math
import re
import sys
from xml.sax.saxutils import escape

NUMBER = r"([0-9.]+)"
LINE = re.compile(
    rf"growth +(\d+) events: audit +{NUMBER} s, start +{NUMBER} s, memory +{NUMBER} MiB, "
    rf"absence +{NUMBER} us made +{NUMBER} us checked, inclusion and consistency +{NUMBER} us")
# Title, unit, lines: name and column; what of the unit is the target at 10^6 events.
PANELS = [
    ("Replay of the whole ledger", "s", [("audit, with each seal", 1), ("known, map hashed once", 2)], 15),
    ("Memory of tree and map", "MiB", [("resident", 3)], None),
    ("One proof", "us", [("absence, made", 4), ("absence, checked", 5), ("inclusion and consistency", 6)], 500),
]
COLOURS = ["#1b5e9e", "#b3541e", "#3b7d3b"]
WIDTH, HEIGHT, LEFT, TOP = 250, 190, 52, 34


def decades(values):
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))


def panel(rows, x0, title, unit, lines, target):
    sizes = [row[0] for row in rows]
    values = [row[column] for row in rows for _, column in lines if row[column] > 0] + ([target] if target else [])
    (x_low, x_high), (y_low, y_high) = decades(sizes), decades(values)
    x_high, y_high = max(x_high, x_low + 1), max(y_high, y_low + 1)

    def at(size, value):
        x = x0 + LEFT + (math.log10(size) - x_low) / (x_high - x_low) * (WIDTH - LEFT - 12)
        y = TOP + HEIGHT - (math.log10(value) - y_low) / (y_high - y_low) * HEIGHT
        return round(x, 1), round(y, 1)

    out = [f'<text x="{x0 + LEFT}" y="{TOP - 14}" class="title">{escape(title)}, {unit}</text>']
    for power in range(y_low, y_high + 1):
        x, y = at(10**x_low, 10.0**power)
        out.append(f'<path d="M{x} {y}H{x0 + WIDTH - 12}" class="grid"/>'
                   f'<text x="{x - 5}" y="{y + 4}" text-anchor="end">{10.0**power:g}</text>')
    for power in range(x_low, x_high + 1):
        x, y = at(10**power, 10.0**y_low)
        out.append(f'<text x="{x}" y="{y + 16}" text-anchor="middle">10<tspan dy="-4">{power}</tspan></text>')
    if target:
        x, y = at(10**x_low, target)
        out.append(f'<path d="M{x} {y}H{x0 + WIDTH - 12}" class="target"/>'
                   f'<text x="{x + 3}" y="{y - 4}">target at 10<tspan dy="-4">6</tspan></text>')
    for n, (name, column) in enumerate(lines):
        points = [at(row[0], row[column]) for row in rows if row[column] > 0]
        out.append(f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}" stroke="{COLOURS[n]}"/>')
        out.extend(f'<circle cx="{x}" cy="{y}" r="3" fill="{COLOURS[n]}"/>' for x, y in points)
        y = TOP + HEIGHT + 36 + 15 * n
        out.append(f'<path d="M{x0 + LEFT} {y - 4}h16" stroke="{COLOURS[n]}" stroke-width="2"/>'
                   f'<text x="{x0 + LEFT + 22}" y="{y}">{escape(name)}</text>')
    return out


def main():
    text = sys.stdin.read()
    rows = [tuple(float(v) for v in found) for found in LINE.findall(text)]
    machine = re.search(r"^machine +(.*)$", text, re.M)
    if len(rows) < 2 or not machine:
        sys.exit("plot.py: wants the output of script/bench growth on its standard input")
    body = []
    for n, (title, unit, lines, target) in enumerate(PANELS):
        body += panel(rows, n * (WIDTH + 20), title, unit, lines, target)
    width, height = len(PANELS) * (WIDTH + 20), TOP + HEIGHT + 104
    body.append(f'<text x="{LEFT}" y="{height - 8}">by events in the ledger; {escape(machine.group(1))}</text>')
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">\n'
          "<style>text{font:11px sans-serif;fill:#222}.title{font-weight:bold}path,polyline{fill:none}"
          ".grid{stroke:#ddd}.target{stroke:#999;stroke-dasharray:4 3}polyline{stroke-width:2}</style>\n"
          f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>")


main()

# SPDX-License-Identifier: ISC
"""Line plots as SVG, nothing more than that."""
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 64, 150, 40, 52
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"]       # Okabe and Ito: told apart by all eyes


def nice(most):
    """About five round steps up to `most`."""
    step = 10.0 ** len(str(int(most))) / 100 if most >= 1 else 0.01
    while most / step > 6:
        for factor in (2, 2.5, 2):
            step *= factor
            if most / step <= 6:
                break
    ticks = [step * i for i in range(int(most / step) + 2)]
    return [tick for tick in ticks if tick <= most + step]


def label(value):
    return f"{value:g}"


class Axes:
    def __init__(self, xs, ys):
        self.xs, self.ticks = sorted(set(xs)), nice(max(ys) or 1)
        self.most_x, self.most_y = max(self.xs), self.ticks[-1]

    def x(self, value):
        return LEFT + (WIDTH - LEFT - RIGHT) * value / self.most_x

    def y(self, value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.most_y


def text(x, y, words, anchor="middle", more=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def grid(axes):
    for tick in axes.ticks:
        y = axes.y(tick)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#8884"/>'
        yield text(LEFT - 8, y + 4, label(tick), "end")
    shown = -100
    for x in axes.xs:
        if axes.x(x) - shown > 22:      # no label over another
            shown = axes.x(x)
            yield text(shown, HEIGHT - BOTTOM + 18, label(x))


def draw(title, x, y, lines, note=""):
    """`lines`: {name: [(x, y), …]}."""
    points = [point for line in lines.values() for point in line]
    axes = Axes([p[0] for p in points], [p[1] for p in points])
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
           f'font-family="sans-serif" font-size="12" fill="#888">', f"<title>{escape(title)}</title>",
           text(LEFT, 22, title, "start", ' font-size="15"'), *grid(axes),
           text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, x),
           text(16, (TOP + HEIGHT - BOTTOM) / 2, y, more=f' transform="rotate(-90 16 {(TOP + HEIGHT - BOTTOM) / 2})"')]
    for colour, (name, line) in zip(COLOURS, lines.items()):
        spots = [(axes.x(a), axes.y(b)) for a, b in sorted(line)]
        path = "L".join(f"{a:.1f} {b:.1f}" for a, b in spots)
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in spots]
    for i, (colour, name) in enumerate(zip(COLOURS, lines)):
        out.append(f'<path d="M{WIDTH - RIGHT + 12} {TOP + 20 * i}h18" stroke="{colour}" stroke-width="3"/>')
        out.append(text(WIDTH - RIGHT + 36, TOP + 4 + 20 * i, name, "start"))
    if note:
        out.append(text(LEFT, HEIGHT - 2, note, "start", ' font-size="10"'))
    return "\n".join([*out, "</svg>", ""])

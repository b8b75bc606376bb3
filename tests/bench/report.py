# SPDX-License-Identifier: ISC
"""What a run says: tables, targets with what came out, plots; docs/performance.md between its markers."""
import pathlib
import re

import plot
from rig import median

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


def number(value):
    """Three digits that count."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


class Report:
    def __init__(self):
        self.sections, self.targets, self.plots = [], [], {}

    def table(self, title, head, rows, note=""):
        lines = [f"### {title}", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        lines += ["| " + " | ".join(number(cell) for cell in row) + " |" for row in rows]
        if note:
            lines += ["", note]
        self.sections.append("\n".join(lines))
        print("\n" + self.sections[-1], flush=True)

    def target(self, measure, target, value, met, unit=""):
        """`met`: does the value meet it? None: it was not measured here."""
        verdict = {True: "met", False: "**missed**", None: "not measured"}[met]
        self.targets.append((measure, target, number(value) + unit, verdict))
        print(f"target: {measure}: {target}: {number(value)}{unit}: {verdict}", flush=True)

    def at_most(self, measure, limit, value, unit="", against=""):
        self.target(measure, f"at most {number(limit)}{unit}{against}", value, value <= limit, unit)

    def at_least(self, measure, limit, value, unit="", against=""):
        self.target(measure, f"at least {number(limit)}{unit}{against}", value, value >= limit, unit)

    def plot(self, name, title, x, y, lines, **more):
        self.plots[name] = plot.draw(title, x, y, lines, **more)

    def text(self):
        rows = ["### Targets", "", "| measure | target | measured | |", "|---|---|---|---|"]
        rows += ["| " + " | ".join(row) + " |" for row in self.targets]
        return "\n\n".join(["\n".join(rows), *self.sections])

    def write(self, head):
        """Replaces what stands between the markers; the text around it is written by hand."""
        (DOCS / "plots").mkdir(exist_ok=True)
        for name, svg in self.plots.items():
            (DOCS / "plots" / f"{name}.svg").write_text(svg)
        page = DOCS / "performance.md"
        old = page.read_text()
        block = f"<!-- figures: written by ./bootstrap bench -->\n{head}\n\n{self.text()}\n<!-- end of figures -->"
        new, count = re.subn(r"<!-- figures.*?<!-- end of figures -->", lambda _: block, old, flags=re.S)
        assert count == 1, f"{page}: markers missing"
        page.write_text(new)


def medians(runs, what):
    """{side: median of what(run)} of {side: [run, …]}."""
    return {side: median([what(run) for run in list_]) for side, list_ in runs.items()}


def ratios(runs, what, side, other):
    """Median of the ratios of two sides, taken round by round: what both saw of the machine cancels out."""
    return median([what(a) / what(b) for a, b in zip(runs[side], runs[other])])

# SPDX-License-Identifier: ISC
"""The results of a run: tables, targets with the measured values, plots; docs/performance.md between its markers."""
import json
import pathlib
import re

import plot
from rig import BUILD, median

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
KEPT = BUILD / "bench.json"     # the last results of each part, so that one part can be measured again


def number(value):
    """Three digits that count."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or value == 0:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


class Report:
    """Of one part of the benchmark."""

    def __init__(self, when):
        self.when, self.sections, self.targets, self.plots = when, [], [], {}

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

    def keep(self, part):
        kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        kept[part] = vars(self)
        KEPT.write_text(json.dumps(kept))


def targets_table(rows):
    return "\n".join(["### Targets", "", "| measure | target | measured | |", "|---|---|---|---|",
                      *("| " + " | ".join(row) + " |" for row in rows)])


def write_page(head, parts):
    """Replaces what stands between the markers, once each part has been measured; the text around it is
    written by hand."""
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    missing = [part for part in parts if part not in kept]
    if missing:
        print(f"\nbench: docs/performance.md stays as it is: this build has not measured {', '.join(missing)}")
        return
    found = [kept[part] for part in parts]
    sections = [f"{section}\n\n*{part['when']}*" for part in found for section in part["sections"]]
    text = "\n\n".join([head, targets_table([row for part in found for row in part["targets"]]), *sections])
    (DOCS / "plots").mkdir(exist_ok=True)
    for part in found:
        for name, svg in part["plots"].items():
            (DOCS / "plots" / f"{name}.svg").write_text(svg)
    page = DOCS / "performance.md"
    block = f"<!-- figures: written by ./bootstrap bench -->\n{text}\n<!-- end of figures -->"
    new, count = re.subn(r"<!-- figures.*?<!-- end of figures -->", lambda _: block, page.read_text(), flags=re.S)
    assert count == 1, f"{page}: markers missing"
    page.write_text(new)


def medians(runs, what):
    """{side: median of what(run)} of {side: [run, …]}."""
    return {side: median([what(run) for run in list_]) for side, list_ in runs.items()}


def ratios(runs, what, side, other):
    """Median of the ratios of two sides, taken round by round: the machine's share cancels out."""
    return median([what(a) / what(b) for a, b in zip(runs[side], runs[other])])

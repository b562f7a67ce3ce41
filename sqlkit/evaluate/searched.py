"""The report of a search: its trials as a table, what mattered as a plot, the best against the recipe it began with."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.evaluate import metrics
from sqlkit.evaluate.plots import scatter, share_bars
from sqlkit.records import write_atomic

Trial = Mapping[str, Any]  # number, state, ex, settings, why, curve, seconds
Marks = Mapping[int, Mapping[str, bool]]


def write_search(
    out: Path, trials: Sequence[Trial], importance: Mapping[str, float], *, best: int, marks: Marks, space: Mapping[str, Any]
) -> dict[str, Any]:
    """Write report.json, report.md and report.html into `out`; returns what stands in the JSON.

    best: the number of the best trial; number 0 is the recipe itself. marks: of these two, which dev questions were right. space: as the
    recipe gives it, for the axes of the plots.
    """
    found = {
        "best": best,
        "trials": list(trials),
        "importance": dict(importance),
        "space": dict(space),
        "ex": {str(n): dataclasses.asdict(metrics.share(held.values())) for n, held in marks.items()},
        "gain": _gain(marks, best),
    }
    write_atomic(out / "report.json", json.dumps(found, indent=1) + "\n")
    write_atomic(out / "report.md", markdown(found))
    write_atomic(out / "report.html", _page(found))
    return found


def _gain(marks: Marks, best: int) -> dict[str, Any] | None:
    """The best trial against trial 0 on the same questions."""
    shared = [key for key in marks[best] if key in marks[0]]
    if best == 0 or not shared:
        return None
    return dataclasses.asdict(metrics.paired_gain([marks[best][k] for k in shared], [marks[0][k] for k in shared]))


def summary(found: Mapping[str, Any]) -> list[str]:
    """What came out, in sentences."""
    trials, best = found["trials"], found["best"]
    states = [t["state"] for t in trials]
    lines = [f"{len(trials)} trials: {states.count('complete')} whole, {states.count('pruned')} pruned, {states.count('fail')} failed"]
    for n, held in found["ex"].items():
        ex = metrics.Interval(**held)
        lines.append(f"trial {n} ({'the recipe itself' if n == '0' else 'the best'}): dev EX {ex}")
    if found["gain"]:
        gain = metrics.Gain(**found["gain"])
        lines.append(f"best against the recipe itself: {gain}")
        lines.append("chosen on these very questions, so the figure flatters: measure best.yaml on questions that no trial has seen")
    elif best == 0:
        lines.append("no trial is better than the recipe itself")
    if found["importance"]:
        lines.append("what mattered: " + ", ".join(f"{name} {share:.0%}" for name, share in found["importance"].items()) + " (rough below some 30 trials)")
    return lines


def table(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Head and cells of the trials, the best first."""
    names = list(found["space"])
    order = sorted(found["trials"], key=lambda t: (t["state"] != "complete", -(t["ex"] or 0.0), t["number"]))
    rows = []
    for t in order:
        ex = "" if t["ex"] is None else f"{t['ex']:.1%}"
        spent = "" if t["seconds"] is None else f"{t['seconds']:.0f}"
        state = t["state"] + (f": {t['why']}" if t["why"] else "")
        rows.append([str(t["number"]), ex, state, spent, *(_short(t["settings"].get(name, "")) for name in names)])
    return ["trial", "dev EX", "state", "seconds", *names], rows


def markdown(found: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    head, rows = table(found)
    lines = ["# Search", "", *(f"- {line}" for line in summary(found)), "", _row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _page(found: Mapping[str, Any]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    head, rows = table(found)
    shown = [t for t in found["trials"] if t["ex"] is not None]
    plots = {"trial": scatter([(t["number"], t["ex"], t["state"]) for t in shown], "trial", f"best: {found['best']}")}
    for name, given in found["space"].items():
        points = [(t["settings"][name], t["ex"], t["state"]) for t in shown if name in t["settings"]]
        plots[name] = scatter(points, name, "", log=isinstance(given, dict) and bool(given.get("log")))
    return environment.get_template("searched.html.j2").render(
        head=head, rows=rows, lines=summary(found), plots={name: Markup(plot) for name, plot in plots.items()},
        importance=Markup(share_bars(found["importance"], "What mattered")) if found["importance"] else "",
    )

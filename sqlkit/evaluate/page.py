"""The report as one HTML file that needs nothing else: no network, no library, any browser."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.evaluate.plots import curves, grouped_columns, interval_bars, reason_bars

LARGEST = 18_000_000  # bytes of the page's data
_LEADING = ("tuned", "tuned_retrieval", "base_retrieval", "base")  # whose figure stands at the head


def render_page(report: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """The page of a report as `report.summarize` made it; `labels` names the arms."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    folder = Path(__file__).parent
    arms = {name: report[name] for name in labels if name in report}
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    environment.filters["points"] = points
    return environment.get_template("report.html.j2").render(
        report=report,
        arms=arms,
        labels=labels,
        leading=next((name for name in _LEADING if name in arms), list(arms)[-1]),
        gain=report["gain"],
        plots={
            "arms": Markup(interval_bars({name: arm["ex"] for name, arm in arms.items()}, labels)),
            "difficulty": Markup(grouped_columns(report["by_difficulty"], labels)),
            "reasons": Markup(reason_bars(report["reasons"], labels)),
            "coverage": Markup(curves(_covered(report), labels, "Accuracy of what is answered, by the share answered", percent_across=True)),
            "seconds": Markup(curves(_seconds(report, arms), labels, "Share of answers within so many seconds")),
        },
        script=Markup((folder / "report.js").read_text(encoding="utf-8")),
        data=Markup(fitting(report["questions"], {name: labels[name] for name in arms})),
    )


def fitting(questions: Sequence[Mapping[str, Any]], labels: Mapping[str, str], most: int = LARGEST) -> str:
    """The questions as JSON of at most about `most` bytes: what is shown of results is cut, right answers first, until it fits."""
    text = embedded({"questions": questions, "labels": dict(labels)})
    for steps in ((8, 3, 8), (6, 1, 5), (4, 0, 3), (3, 0, 2), (2, 0, 0), (1, 0, 0), (0, 0, 0)):
        if len(text) <= most:
            break
        text = embedded({"questions": [_cut(q, *steps) for q in questions], "labels": dict(labels)})
    return text


def _cut(question: Mapping[str, Any], rows: int, of_right: int, of_tables: int) -> dict[str, Any]:
    """A question with at most so many rows of results, of results that are right, and of a witness's tables."""
    arms = {}
    for name, arm in question["arms"].items():
        tables = {table: _fewer(held, of_tables) for table, held in arm["witness"]["tables"].items()} if of_tables else {}
        arms[name] = {
            **arm,
            "gold": _fewer(arm["gold"], rows),
            "result": _fewer(arm["result"], of_right if arm["correct"] else rows),
            "missing": arm["missing"][:rows],
            "extra": arm["extra"][:rows],
            "witness": {**arm["witness"], "tables": tables},
        }
    all_right = all(arm["correct"] for arm in question["arms"].values())
    return {**question, "result": _fewer(question["result"], of_right if all_right else rows), "arms": arms}


def _fewer(result: Mapping[str, Any] | None, rows: int) -> Mapping[str, Any] | None:
    if not result or "rows" not in result:
        return result
    return {**result, "rows": result["rows"][:rows]} if rows else None


def _covered(report: Mapping[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """For each arm its curve, or the one point that refusals make."""
    found = {}
    for name, told in report["coverage"].items():
        point = (told["coverage"]["value"], told["accuracy"]["value"])
        found[name] = [(x, y) for x, y in told["curve"]] if "curve" in told else [point] if told["coverage"]["n"] else []
    return found


def _seconds(report: Mapping[str, Any], arms: Mapping[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """For each arm the share of answers by seconds, at most a hundred steps."""
    found = {}
    for name in arms:
        held = sorted(q["arms"][name]["seconds"] for q in report["questions"])
        step = max(1, len(held) // 100)
        found[name] = [(held[i], (i + 1) / len(held)) for i in range(step - 1, len(held), step)] if held and held[-1] > 0 else []
    return found


def embedded(value: Any) -> str:
    """JSON that may stand inside a script element: what a model wrote must not be able to close it."""
    text = json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def percent(share: float) -> str:
    """0.5 -> 50.0%"""
    return f"{100 * share:.1f}%"


def points(difference: float) -> str:
    """0.25 -> +25.0, with a true minus sign."""
    return f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")

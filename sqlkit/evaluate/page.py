"""The report as one HTML file that needs nothing else: no network, no library, any browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlkit.evaluate.plots import grouped_columns, interval_bars, reason_bars

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
        leading=next(name for name in _LEADING if name in arms),
        gain=report["gain"],
        plots={
            "arms": Markup(interval_bars({name: arm["ex"] for name, arm in arms.items()}, labels)),
            "difficulty": Markup(grouped_columns(report["by_difficulty"], labels)),
            "reasons": Markup(reason_bars(report["reasons"], labels)),
        },
        script=Markup((folder / "report.js").read_text(encoding="utf-8")),
        data=Markup(embedded({"questions": report["questions"], "labels": {name: labels[name] for name in arms}})),
    )


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

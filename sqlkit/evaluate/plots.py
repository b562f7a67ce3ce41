"""Plots as plain SVG: coloured by the page's own CSS variables, so they follow light and dark, and need no library."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

Share = Mapping[str, Any]  # value, low, high, n
_FONT = 13


def interval_bars(shares: Mapping[str, Share], labels: Mapping[str, str]) -> str:
    """One horizontal bar an arm, with the 95% interval as a whisker."""
    left, width, step = 130, 540, 50
    scale = width - left - 60
    parts = list(_grid(left, scale, 12, 12 + step * len(shares)))
    for i, (arm, share) in enumerate(shares.items()):
        y = 22 + i * step
        middle = y + 13
        parts.append(_text(left - 12, middle + 4, labels[arm], "end"))
        parts.append(_bar(left, y, scale * share["value"], 26, arm, f"{labels[arm]}: {_told(share)}"))
        low, high = left + scale * share["low"], left + scale * share["high"]
        parts.append(_whisker(low, high, middle))
        parts.append(_text(high + 10, middle + 4, f"{100 * share['value']:.1f}%", "start", "strong"))
    return _svg(width, 42 + step * len(shares), parts, "Execution accuracy of each arm")


def grouped_columns(groups: Mapping[str, Mapping[str, Share]], labels: Mapping[str, str]) -> str:
    """For each difficulty one column an arm, with intervals; the number of questions stands below."""
    names = list(dict.fromkeys(name for shares in groups.values() for name in shares))
    left, top, height = 46, 16, 210
    column, gap = 26, 34
    block = column * len(groups) + gap
    width = max(360, left + block * len(names) + 10)
    parts = []
    for percent in (0, 25, 50, 75, 100):
        y = top + height * (1 - percent / 100)
        parts.append(f'<line class="grid" x1="{left}" x2="{width}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(left - 8, y + 4, f"{percent}%", "end", "faint"))
    for i, name in enumerate(names):
        start = left + gap / 2 + i * block
        for j, (arm, shares) in enumerate(groups.items()):
            share = shares.get(name)
            if share is None:
                continue
            x, y = start + j * column, top + height * (1 - share["value"])
            parts.append(_bar(x, y, column - 5, height * share["value"], arm, f"{labels[arm]}, {name}: {_told(share)}"))
            high, low = (top + height * (1 - share[end]) for end in ("high", "low"))
            parts.append(_whisker(high, low, x + (column - 5) / 2, upright=True))
        middle = start + (column * len(groups) - 5) / 2
        n = next(shares[name]["n"] for shares in groups.values() if name in shares)
        parts.append(_text(middle, top + height + 20, name, "middle"))
        parts.append(_text(middle, top + height + 37, f"n = {n}", "middle", "faint"))
    return _svg(width, top + height + 46, parts, "Execution accuracy by difficulty")


def reason_bars(reasons: Mapping[str, Mapping[str, int]], labels: Mapping[str, str], most: int = 12) -> str:
    """How often each kind of failure occurs in each arm; rare kinds are added up."""
    total: dict[str, int] = {}
    for counts in reasons.values():
        for kind, n in counts.items():
            total[kind] = total.get(kind, 0) + n
    kinds = sorted(total, key=lambda kind: (-total[kind], kind))
    rows = [(kind, [counts.get(kind, 0) for counts in reasons.values()]) for kind in kinds[:most]]
    rest = [sum(counts.get(kind, 0) for kind in kinds[most:]) for counts in reasons.values()]
    if any(rest):
        rows.append((f"{len(kinds) - most} other kinds", rest))
    return _count_bars(rows, list(reasons), labels)


def curves(
    series: Mapping[str, Sequence[tuple[float, float]]], labels: Mapping[str, str], title: str, *, percent_across: bool = False
) -> str:
    """One line an arm through points (across, share up); an arm of one point is a dot. '' where there is nothing to show."""
    if not any(series.values()):
        return ""
    left, top, width, height = 46, 12, 480, 200
    last = 1.0 if percent_across else max(x for points in series.values() for x, _ in points) or 1.0
    parts = []
    for percent in (0, 25, 50, 75, 100):
        y = top + height * (1 - percent / 100)
        x = left + width * percent / 100
        parts.append(f'<line class="grid" x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(left - 8, y + 4, f"{percent}%", "end", "faint"))
        told = f"{percent}%" if percent_across else f"{last * percent / 100:.2g} s"
        parts.append(_text(x, top + height + 18, told, "middle", "faint"))
    for arm, points in series.items():
        placed = [(left + width * x / last, top + height * (1 - y)) for x, y in points]
        if len(placed) > 1:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
            parts.append(f'<path class="line-{escape(arm)}" d="M{path}"><title>{escape(labels[arm])}</title></path>')
        for x, y in placed if len(placed) == 1 else ():
            told = f"{labels[arm]}: {points[0][1]:.1%} at {points[0][0]:.1%}"
            parts.append(f'<circle class="arm-{escape(arm)}" cx="{x:.1f}" cy="{y:.1f}" r="6"><title>{escape(told)}</title></circle>')
    return _svg(left + width + 20, top + height + 26, parts, title)


def share_bars(shares: Mapping[str, float], title: str) -> str:
    """One horizontal bar a name, the longest first, on a scale from 0 to 100%."""
    left, width, step = 190, 640, 30
    scale = width - left - 60
    parts = list(_grid(left, scale, 4, 8 + step * len(shares)))
    for i, (name, share) in enumerate(sorted(shares.items(), key=lambda item: -item[1])):
        parts.append(_text(left - 12, 22 + i * step, name, "end"))
        parts.append(_bar(left, 8 + i * step, scale * share, 20, "complete", f"{name}: {share:.1%}"))
        parts.append(_text(left + scale * share + 8, 22 + i * step, f"{share:.0%}", "start"))
    return _svg(width, 34 + step * len(shares), parts, title)


def scatter(points: Sequence[tuple[Any, float, str]], across: str, note: str = "", *, log: bool = False) -> str:
    """Points (value across, share up, kind) over numbers, or over choices side by side when a value is no number."""
    left, top, width, height = 46, 12, 360, 170
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x, _, _ in points)
    choices = sorted({str(x) for x, _, _ in points})
    places = [(math.log(x) if log else float(x)) if numbers else float(choices.index(str(x))) for x, _, _ in points]
    low, high = (min(places), max(places)) if places else (0.0, 1.0)
    highest = max([0.1, *(y for _, y, _ in points)])
    parts = []
    for part in (0.0, 0.5, 1.0):
        y = top + height * (1 - part)
        parts.append(f'<line class="grid" x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(left - 8, y + 4, f"{part * highest:.0%}", "end", "faint"))
    told: dict[float, str] = {}
    for (value, ex, kind), place in zip(points, places, strict=True):
        x = left + 14 + (width - 28) * ((place - low) / (high - low) if high > low else 0.5)
        said = f"{across} {value:.3g}" if numbers else f"{across} {value}"
        told[round(x, 1)] = said.removeprefix(f"{across} ")
        shape = f'class="arm-{escape(kind)}" cx="{x:.1f}" cy="{top + height * (1 - ex / highest):.1f}" r="5"'
        parts.append(f"<circle {shape}><title>{escape(said)}: {ex:.1%}</title></circle>")
    shown = sorted(told) if not numbers else [min(told), max(told)] if told else []
    parts += [_text(x, top + height + 20, told[x], "middle", "faint") for x in dict.fromkeys(shown)]
    parts.append(_text(left + width, top + height + 36, note, "end", "faint"))
    return _svg(left + width + 16, top + height + 42, parts, f"Dev EX by {across}")


def _count_bars(rows: Sequence[tuple[str, list[int]]], arms: Sequence[str], labels: Mapping[str, str]) -> str:
    left, width, bar = 176, 1040, 8
    step = bar * len(arms) + 10
    scale = (width - left - 50) / max([1, *(n for _, counts in rows for n in counts)])
    parts = []
    for i, (kind, counts) in enumerate(rows):
        y = 8 + i * step
        parts.append(_text(left - 12, y + bar * len(arms) / 2 + 4, kind, "end"))
        for j, (arm, n) in enumerate(zip(arms, counts, strict=True)):
            if not n:
                continue
            parts.append(_bar(left, y + j * bar, max(1.0, scale * n), bar - 1.5, arm, f"{kind}, {labels[arm]}: {n}"))
            parts.append(_text(left + scale * n + 6, y + (j + 1) * bar - 0.5, str(n), "start", "tiny"))
    return _svg(width, 12 + step * len(rows), parts, "Failures by reason")


def _told(share: Share) -> str:
    return f"{share['value']:.1%} [{share['low']:.1%}, {share['high']:.1%}], n = {share['n']}"


def _grid(left: float, scale: float, top: float, bottom: float) -> Iterator[str]:
    for percent in (0, 25, 50, 75, 100):
        x = left + scale * percent / 100
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>'
        yield _text(x, bottom + 18, f"{percent}%", "middle", "faint")


def _bar(x: float, y: float, width: float, height: float, arm: str, title: str) -> str:
    shape = f'x="{x:.1f}" y="{y:.1f}" width="{max(0, width):.1f}" height="{max(0, height):.1f}" rx="2"'
    return f'<rect class="arm-{escape(arm)}" {shape}><title>{escape(title)}</title></rect>'


def _whisker(start: float, end: float, across: float, *, upright: bool = False) -> str:
    a, b, c = f"{start:.1f}", f"{end:.1f}", across
    path = f"M{c:.1f} {a}V{b}M{c - 4:.1f} {a}h8M{c - 4:.1f} {b}h8" if upright else f"M{a} {c:.1f}H{b}M{a} {c - 5:.1f}v10M{b} {c - 5:.1f}v10"
    return f'<path class="whisker" d="{path}"/>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>'


def _svg(width: float, height: float, parts: Sequence[str], title: str) -> str:
    head = f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(title)}" font-size="{_FONT}">'
    return head + "".join(parts) + "</svg>"

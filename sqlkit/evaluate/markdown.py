"""The report as Markdown, for a pull request or a model card: the figures, without the questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def render_markdown(report: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """The figures of a report as `report.summarize` made it."""
    return "\n".join(_lines(report, {name: labels[name] for name in labels if name in report})) + "\n"


def _lines(report: Mapping[str, Any], arms: Mapping[str, str]) -> Iterator[str]:
    counts = report["counts"]
    yield f"# {_plain(report['title'])}"
    yield ""
    told = [f"{key}: {value}" for key, value in report["about"].items()]
    told.append(f"{counts['answerable']} answerable questions, {counts['unanswerable']} not, {counts['not_counted']} not counted")
    yield _plain(" · ".join(told))
    yield ""
    yield from _table(
        ["", "execution accuracy", "SQL that runs", "unanswerable refused", "answerable refused", "s per question"],
        [
            [
                label, _share(report[name]["ex"]), *(_share(report[name]["intervals"][k]) for k in ("valid_sql", "refused_right", "refused_wrong")),
                f"{report[name]['seconds_per_question']:.2f}",
            ]
            for name, label in arms.items()
        ],
    )  # fmt: skip
    gain = report["gain"]
    if gain:
        new, old = report["compared"]
        yield (
            f"{_plain(arms[new])} against {_plain(arms[old])}, paired: {100 * gain['value']:+.1f} points "
            f"(95% {100 * gain['low']:+.1f} to {100 * gain['high']:+.1f}), won {gain['won']}, lost {gain['lost']}, "
            f"n = {gain['n']}, p = {gain['p']:.2g} (McNemar)"
        )
        yield ""
    for title, key in (("difficulty", "by_difficulty"), ("shape", "by_shape"), ("database", "by_database")):
        groups: Mapping[str, Mapping[str, Any]] = report[key]
        names = list(dict.fromkeys(name for held in groups.values() for name in held))
        if len(names) > 1:
            yield from _table([title, *arms.values()], [[n, *(_share(groups[arm].get(n)) for arm in arms)] for n in names])
    kinds = list(dict.fromkeys(kind for held in report["reasons"].values() for kind in held))
    if kinds:
        yield from _table(["why wrong", *arms.values()], [[k, *(str(report["reasons"][arm].get(k, 0)) for arm in arms)] for k in kinds])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(map(_plain, head)) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(map(_plain, row)) + " |"
    yield ""


def _share(share: Mapping[str, Any] | None) -> str:
    if not share or not share["n"]:
        return "-"
    return f"{share['value']:.1%} [{share['low']:.1%}, {share['high']:.1%}], n = {share['n']}"


def _plain(text: str) -> str:
    """Text that cannot end a cell or be markup."""
    return str(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")

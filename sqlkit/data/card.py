"""The data card: what is in a folder of pairs, as Markdown and as one HTML page that needs nothing else.

It shows counts only where it speaks of the whole, and 50 pairs drawn by the seed, so the same build gives the same bytes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.data.sources import sources
from sqlkit.errors import InputError
from sqlkit.records import Pair, write_atomic
from sqlkit.schema.types import Schema

PAIRS_SHOWN = 50
CHARACTERS = 3  # of a token of the embedded base's tokenizer, about; larger vocabularies need fewer tokens
_ROWS, _COLUMNS, _NEAR = 40, 48, 25  # most tables and shapes of the heat map, most neighbours shown
_LEVELS = ("easy", "medium", "hard", "extra", "unanswerable")
Row = Mapping[str, Any]


def write_card(
    out: Path, manifest: Row, rows: Mapping[str, Sequence[Row]], pairs: Sequence[Pair], nearest: Sequence[Row], schema: Schema, budget: int
) -> None:
    """Write data_card.md and data_card.html; `rows` are those of examples.jsonl by part, `budget` tokens of a pair."""
    card = describe(manifest, rows, pairs, nearest, schema, budget)
    write_atomic(out / "data_card.md", _render("card.md.j2", card, escape=False))
    write_atomic(out / "data_card.html", _render("card.html.j2", card, escape=True))


def describe(
    manifest: Row, rows: Mapping[str, Sequence[Row]], pairs: Sequence[Pair], nearest: Sequence[Row], schema: Schema, budget: int
) -> dict[str, Any]:
    """All that the card tells, as plain values."""
    every = [row for part in rows.values() for row in part]
    chosen = random.Random(manifest["seed"]).sample(list(pairs), min(PAIRS_SHOWN, len(pairs)))
    made_by = {row["id"]: row["made_by"] for row in every}
    return {
        "manifest": manifest,
        "budget": budget,
        "characters": CHARACTERS,
        "sources": _sources(manifest, every),
        "heat": heat(every, [t.name for t in schema.tables]),
        "levels": _bars({level: manifest["difficulty"].get(level, 0) for level in _LEVELS}),
        "lengths": _lengths([len(p.prompt.system) + len(p.prompt.user) + len(p.completion) for p in pairs], budget),
        "dropped": _bars(dict(Counter(manifest["dropped"]).most_common())),
        "repairs": _bars(dict(sum((Counter(s["repairs"]) for s in manifest["sources"]), Counter[str]()).most_common())),
        "nearest": sorted(nearest, key=lambda row: (-row["similarity"], row["example_id"]))[:_NEAR],
        "near": len(nearest),
        "pairs": [
            {"id": p.id, "source": p.source, "made_by": made_by.get(p.id, made_by.get(p.id.rpartition("-")[0], "")), "prompt": p.prompt.user, "completion": p.completion}
            for p in chosen
        ],
    }  # fmt: skip


def heat(rows: Sequence[Row], tables: Sequence[str]) -> dict[str, Any]:
    """Counts of tables by shapes: names, shapes, cells and the largest; what is beyond the map's size is added up."""
    counts = Counter((table, row["shape"] or "human") for row in rows for table in row["tables"])
    by_table, by_shape = Counter[str](), Counter[str]()
    for (table, shape), n in counts.items():
        by_table[table] += n
        by_shape[shape] += n
    names = sorted({*tables, *by_table}, key=lambda t: (-by_table[t], t))
    shapes = sorted(by_shape, key=lambda s: (-by_shape[s], s))
    lines = [(name, [name]) for name in names[:_ROWS]] + ([(f"{len(names) - _ROWS} more tables", names[_ROWS:])] if len(names) > _ROWS else [])
    across = [(shape, [shape]) for shape in shapes[:_COLUMNS]] + ([("others", shapes[_COLUMNS:])] if len(shapes) > _COLUMNS else [])
    line = {name: i for i, (_, some) in enumerate(lines) for name in some}
    column = {shape: i for i, (_, some) in enumerate(across) for shape in some}
    cells = [[0] * len(across) for _ in lines]
    for (table, shape), n in counts.items():
        cells[line[table]][column[shape]] += n
    largest = max((n for found, (_, some) in zip(cells, lines, strict=True) if len(some) == 1 for n in found), default=1)
    return {"tables": [name for name, _ in lines], "shapes": [name for name, _ in across], "cells": cells, "largest": max(1, largest)}


def _sources(manifest: Row, every: Sequence[Row]) -> list[dict[str, Any]]:
    """Where the examples are from and under which licence."""
    try:
        known = {s.name: s for s in sources()}
    except InputError:
        known = {}
    licences = {a["source"]: a["licence"] for a in manifest["sources"]}
    found = []
    for name, n in Counter(row["source"] or "human" for row in every).most_common():
        of = known.get(name)
        found.append({
            "name": name, "examples": n, "origin": of.origin if of else "", "quirks": of.quirks if of else [],
            "licence": licences.get(name) or (of.licence if of else "yours: made from your database" if name in {"generated", "log"} else "yours"),
        })  # fmt: skip
    return found


def _bars(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    largest = max(counts.values(), default=1) or 1
    return [{"name": name, "n": n, "share": n / largest} for name, n in counts.items() if n]


def _lengths(characters: Sequence[int], budget: int) -> dict[str, Any]:
    """A histogram of lengths in tokens, about, and how many are beyond the budget."""
    tokens = sorted(n / CHARACTERS for n in characters)
    if not tokens:
        return {"bars": [], "over": 0, "median": 0, "p95": 0, "largest": 0}
    step = max(8, round(tokens[-1] / 14 / 8) * 8)
    counts = Counter(int(n // step) for n in tokens)
    bars = _bars({f"{i * step}": counts[i] for i in range(max(counts) + 1)})
    return {
        "bars": bars, "over": sum(n > budget for n in tokens), "median": round(tokens[len(tokens) // 2]), "largest": round(tokens[-1]),
        "p95": round(tokens[int(0.95 * (len(tokens) - 1))]),
    }  # fmt: skip


def _render(template: str, card: Mapping[str, Any], escape: bool) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=escape, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = lambda share: f"{100 * share:.1f}%"
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    return str(environment.get_template(template).render(card)).rstrip("\n") + "\n"

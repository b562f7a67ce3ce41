"""The ways in which the databases of a suite are filled, most telling first."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator

from sqlkit.sql.facts import Facts

MOST_ROWS = 600  # of one table: a threshold beyond a third of it is not reached


@dataclasses.dataclass(frozen=True, slots=True)
class Style:
    """How one database is filled. `hit`: share of rows that fulfil all conditions; `near`: that break exactly one;
    the rest is random. `few`: so many values in a column without conditions, 0 for no repetition. `even`: children
    spread over all parents, else most go to the first. `group`: sizes of groups lie around it. `empty`: a table without rows.
    `favour`: NULLs sit in the rows that most others refer to, and in theirs. `sweep`: no chance at all, but every boundary
    value in turn (see sweep.py), values "up" or "down" from row to row.
    """

    name: str
    rows: int = 20
    hit: float = 0.35
    near: float = 0.4
    nulls: float = 0.06
    few: int = 3
    even: bool = False
    group: int = 0
    empty: str = ""
    favour: bool = False
    sweep: str = ""


def styles(facts: Facts, seed: int = 0) -> Iterator[Style]:
    """Directed databases first, then random ones without end."""
    many = min(facts.rows + 4, MOST_ROWS // 2)
    counts = sorted(n for n in facts.counts if 0 < n <= MOST_ROWS // 3)[:3]
    yield Style("sweep up", sweep="up", nulls=0.0)
    yield Style("mixed", rows=22)
    yield Style("sweep down", sweep="down", nulls=0.0)
    yield Style("sweep nulls", sweep="up", nulls=1.0)
    if facts.rows or facts.sorts:
        yield Style("large", rows=max(10, many), hit=0.9, near=0.05, nulls=0.0, few=0, even=True)
    for n in counts:
        yield Style(f"groups of {n}", hit=1.0, near=0.0, nulls=0.0, group=n, few=1)
        yield Style(f"groups of {n}, distinct", hit=1.0, near=0.0, nulls=0.0, group=n, few=0)
        yield Style(f"groups of {n}, nulls", hit=1.0, near=0.0, nulls=0.15, group=n, few=3)
    yield Style("nulls", rows=14, hit=0.5, near=0.2, nulls=0.3, few=3)
    yield Style("null favourites", rows=18, hit=0.85, near=0.1, nulls=0.0, few=4, favour=True)
    yield Style("nulls, distinct", rows=9, hit=0.8, near=0.1, nulls=0.4, few=0)
    yield Style("distinct", rows=12, hit=0.35, near=0.65, nulls=0.0, few=0, even=True)
    yield Style("sweep other nulls", sweep="down", nulls=1.0)
    yield Style("sweep same", sweep="down", nulls=0.0, few=1)
    yield Style("single", rows=1, hit=1.0, near=0.0, nulls=0.0, few=1)
    yield Style("constant", rows=6, hit=1.0, near=0.0, nulls=0.0, few=1)
    yield Style("near misses", rows=30, hit=0.25, near=0.75, nulls=0.0, few=2)
    yield Style("one hit", rows=26, hit=0.0, near=1.0, nulls=0.0, few=0)
    yield Style("mostly nulls", rows=12, hit=0.4, near=0.1, nulls=0.65, few=2)
    yield Style("skewed", rows=max(40, many * 2), hit=0.7, near=0.2, nulls=0.02, few=5)
    yield Style("few rows", rows=3, hit=0.7, near=0.3, nulls=0.0, few=2)
    for table in sorted(facts.tables) if len(facts.tables) > 1 else ():
        yield Style(f"{table} empty", rows=5, hit=0.8, near=0.1, empty=table)
    chance = random.Random(f"styles {seed}")
    for number in range(1000):
        hit = chance.choice((0.1, 0.3, 0.5, 0.8, 1.0))
        yield Style(
            f"random {number}",
            rows=chance.choice((4, 8, 15, 30, max(45, min(200, many * 2)))),
            hit=hit,
            near=chance.choice((0.2, 0.5, 1.0)) * (1 - hit),
            nulls=chance.choice((0.0, 0.1, 0.3, 0.5)),
            favour=chance.random() < 0.2,
            few=chance.choice((0, 1, 2, 3, 5, 8)),
            even=chance.random() < 0.4,
            group=chance.choice(counts) if counts and chance.random() < 0.4 else 0,
        )

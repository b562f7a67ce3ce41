"""One answer out of several: run them, and take what most of them agree on.

Execution-based self-consistency (Shi et al. 2022, "Natural Language to Code Translation with Execution", MBR-exec): two
queries agree when they return the same rows. What fails to run has no vote as long as something runs.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from sqlkit.model.types import Generation
from sqlkit.records import Result
from sqlkit.sql.extract import extract

GREEDY = 1.5  # the most likely answer counts more than a sampled one
MENDED = 0.7
EMPTY = 0.1  # people seldom ask for nothing
ZERO = 0.5  # nor for a figure that is 0
LEAST = 0.05  # of the best query's worth; a suggestion worth less is not run

Run = Callable[[str], Result]


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """`sql` None: a refusal; '': no SQL in any answer. `result`: of the SQL, None for a refusal. `share`: of the votes."""

    sql: str | None
    text: str
    result: Result | None
    share: float = 1.0


def choose(
    generation: Generation, run: Run, weigh: Callable[[str], float] | None = None, mend: Callable[[str], str] | None = None,
    suggested: Sequence[tuple[str, float]] = (),
) -> Choice:
    """The answer to give of a generation's greedy text and its samples. Every different query runs once.

    weigh: what a query's vote is worth beside others', at most 1. mend: a query as it should rather be; that one votes as well.
    suggested: queries from elsewhere with their votes, of which those worth too little to matter do not run.
    """
    said: dict[str | None, float] = {}
    texts: dict[str | None, str] = {}
    for number, text in enumerate((generation.text, *generation.others)):
        sql = extract(text)
        said[sql] = said.get(sql, 0.0) + (1.0 if number else GREEDY)
        texts.setdefault(sql, text)
        if mend and sql and (other := mend(sql)) != sql:
            said[other] = said.get(other, 0.0) + MENDED
            texts.setdefault(other, other)
    own = set(said)
    for sql, vote in suggested:
        said[sql] = said.get(sql, 0.0) + vote
        texts.setdefault(sql, sql)
    worth = {sql: vote * (weigh(sql) if weigh and sql else 1.0) for sql, vote in said.items()}
    least = LEAST * max(worth.values())
    votes: defaultdict[Any, float] = defaultdict(float)
    found: dict[Any, Choice] = {}
    for sql, vote in worth.items():
        if sql not in own and vote < least:
            continue
        result = None if sql is None else run(sql) if sql else Result(error="parse: no SQL in the answer")
        key = "refused" if result is None else outcome(result)
        votes[key] += vote * (_weight(result) if result is not None and result.ok else 1.0)
        found.setdefault(key, Choice(sql, texts[sql], result))
    able = {key: n for key, n in votes.items() if key != "failed"} or votes
    best = max(able, key=lambda key: able[key])  # a tie goes to the one said first, so to the greedy one
    return dataclasses.replace(found[best], share=able[best] / sum(votes.values()))


def outcome(result: Result) -> Any:
    """What two queries must share to agree: the bag of rows, doubles to nine digits."""
    if not result.ok:
        return "failed"
    rows = Counter(tuple(map(_plain, row)) for row in result.rows)
    return frozenset(rows.items()), result.truncated


def _plain(cell: Any) -> str:
    if isinstance(cell, float | Decimal | int) and not isinstance(cell, bool):
        return f"{float(cell):.9g}"
    return repr(cell)


def _weight(result: Result) -> float:
    """What people make of rows alone."""
    if all(cell is None for row in result.rows for cell in row):
        return EMPTY
    return ZERO if [list(row) for row in result.rows] == [[0]] else 1.0

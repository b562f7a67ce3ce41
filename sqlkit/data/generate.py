"""Generated examples over one database: drawn, run in the sandbox, kept only when the answer is real and stable."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable

from sqlkit.data.realise import word
from sqlkit.data.shapes import SHAPES
from sqlkit.data.unanswerable import unanswerable
from sqlkit.data.world import World
from sqlkit.database import Sandbox
from sqlkit.prompt import Context
from sqlkit.records import Example
from sqlkit.sight import in_sight
from sqlkit.sql.skeleton import difficulty

UNANSWERABLE_SHARE = 0.1
WORDINGS = 3  # most wordings of one query
Progress = Callable[[int, int], None]


def verify(sql: str, sandbox: Sandbox) -> str:
    """'' when the query runs, is not empty, not all NULL and does not cut a tie; else the reason."""
    result = sandbox.run(sql)
    if result.error:
        return result.error.split(":")[0]
    if not result.rows:
        return "empty"
    if all(value is None for row in result.rows for value in row):
        return "null"
    if result.truncated:
        return "too many rows"
    head, limit, tail = sql.rpartition(" LIMIT ")
    if limit and "ORDER BY" in head and ")" not in tail:
        # the same query with ties broken both ways: a choice at the cut shows as a difference
        up, down = (sandbox.run(f"{head}, 1{way} LIMIT {tail}") for way in ("", " DESC"))
        if up.error or Counter(up.rows) != Counter(down.rows):
            return "tie"
    return ""


def known(question: str, sql: str, context: Context) -> bool:
    """Whether the prompt of a question shows every table and column that its SQL names."""
    tables = in_sight(context.linker.link(question), context)
    shown = {*tables, *(c for columns in tables.values() for c in columns)}
    named = set(re.findall(r"[^\W\d]\w*", re.sub(r"'(?:[^']|'')*'", "", sql)))
    every = {*context.tables(), *(c for columns in context.tables().values() for c in columns)}
    return named & every <= shown


def generate(
    context: Context, sandbox: Sandbox, count: int, seed: int, *, progress: Progress | None = None
) -> tuple[list[Example], dict[str, int]]:
    """`count` verified examples and how many drafts were dropped for which reason. Deterministic by seed."""
    world, rng = World(context), random.Random(seed)
    names = list(SHAPES)
    weights = [weight for _, weight in SHAPES.values()]
    verdicts: dict[str, str] = {}
    wordings: Counter[str] = Counter()
    asked: set[str] = set()
    dropped: Counter[str] = Counter()
    made: list[Example] = []
    for _ in range(count * 30):
        if len(made) >= count:
            break
        if rng.random() < UNANSWERABLE_SHARE:
            try:
                refused = unanswerable(world, rng)
            except LookupError:
                continue
            if refused and refused[0].lower() not in asked:
                asked.add(refused[0].lower())
                made.append(_example(len(made), refused[0], None, "unanswerable", refused[1]))
            continue
        shape = rng.choices(names, weights)[0]
        try:
            draft = SHAPES[shape][0](world, rng)
        except LookupError:
            draft = None
        if draft is None or wordings[draft.sql] >= WORDINGS:
            continue
        if draft.sql not in verdicts:
            verdicts[draft.sql] = verify(draft.sql, sandbox)
        if verdicts[draft.sql]:
            dropped[verdicts[draft.sql]] += 1
            continue
        question = word(draft, rng)
        if re.sub(r"\W+", " ", question.lower()).strip() in asked:
            continue
        if not known(question, draft.sql, context):
            dropped["not in sight"] += 1  # its prompt does not show what the answer needs; learning it is learning to guess
            continue
        asked.add(re.sub(r"\W+", " ", question.lower()).strip())
        wordings[draft.sql] += 1
        made.append(_example(len(made), question, draft.sql, shape, ""))
        if progress and len(made) % 50 == 0:
            progress(len(made), count)
    return made, dict(dropped)


def _example(number: int, question: str, sql: str | None, shape: str, missing: str) -> Example:
    return Example(
        f"gen-{number:06d}", question, sql, evidence=missing, difficulty="unanswerable" if sql is None else difficulty(sql),
        source="generated", shape=shape, made_by=f"sampler:{shape}",
    )

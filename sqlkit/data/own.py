"""Examples over one database: drawn by the sampler, mined from query logs, asked by people."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sqlkit.data.author import Author
from sqlkit.data.follow import follow
from sqlkit.data.generate import Generated, Progress, generate, known
from sqlkit.data.leakage import leaks
from sqlkit.data.logs import read_log
from sqlkit.data.mine import Group, group, mine, skeletons
from sqlkit.data.sources import SourceRow
from sqlkit.data.vary import vary
from sqlkit.data.world import World
from sqlkit.database import Sandbox
from sqlkit.errors import InputError, LeakError
from sqlkit.model.retriever import Retriever
from sqlkit.prompt import Context
from sqlkit.records import Example
from sqlkit.schema.glossary import Glossary
from sqlkit.sql.canonical import canonical
from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.skeleton import difficulty, outline


@dataclasses.dataclass
class Own:
    """`made` by the sampler, then from logs, files of questions and people's questions with other values; `people` are questions
    to be repeated, `varied` tells how many of `made` come of each of them."""

    context: Context
    made: list[Example]
    people: list[Example]
    varied: Counter[str]
    dropped: Counter[str]
    generated: Generated


def own(
    database: str | Path, glossary: str | Path | Glossary | None, *, pairs: int, seed: int, human: Sequence[Example], held_out: Sequence[Example],
    logs: Sequence[str] = (), asked: Sequence[SourceRow] = (), personal_data: str | list[str] = "",
    retriever: Retriever | None = None, progress: Progress | None = None, author: Author | None = None, extra: float = 0.0, repeats: int,
) -> Own:  # fmt: skip
    """Verified examples, none like a held-out question; with logs, the sampler's shapes are weighted as they ask. Raises DatabaseError, SchemaError, InputError, LeakError."""
    context = Context.load(database, glossary, personal_data)
    context = retriever.attach(context) if retriever else context
    dropped: Counter[str] = Counter()
    with Sandbox(database, seconds=5) as sandbox:
        logged: dict[str, list[Group]] = {}
        why: dict[str, Counter[str]] = {}
        for log in logs:
            why[log] = Counter[str]()
            logged[log] = group(read_log(log, why[log]), context.tables(), why[log])
        calls = sum((skeletons(groups) for groups in logged.values()), Counter[str]())
        weights = follow(calls, World(context), seed) if calls else None
        generated = generate(context, sandbox, pairs, seed, weights=weights, extra=extra, progress=progress)
        made = generated.made
        dropped.update(generated.dropped)
        people = [_canonical(e, context, sandbox) for e in human]
        for log, groups in logged.items():
            writer = author.writer(context, sandbox, why[log]) if author else None
            found = mine(context, sandbox, groups, seed, why[log], writer=writer)
            seen = {e.id for e in made}
            fresh = (dataclasses.replace(e, id=f"{e.id}-{Path(log).stem}" if e.id in seen else e.id) for e in found)
            made += [e for e in fresh if _in_sight(e, context, why[log])]
            dropped.update({f"log: {reason}": n for reason, n in why[log].items()})
        made += [e for row in asked if (e := _asked(row, context, sandbox, dropped))]
        made = author.work(made, context, sandbox, seed, dropped, progress) if author else made
        others = vary(people, context, sandbox, repeats - 1, seed)
        made += [other for other, _ in others]
    alike = {e.id for e, _ in leaks(made, held_out)}
    dropped["like a held-out question"] = len(alike)
    if copied := leaks(people, held_out):
        lines = [f"  {a.id} {a.question!r} ~ {b.id} {b.question!r}" for a, b in copied[:10]]
        raise LeakError("\n".join([f"{len(copied)} training questions are too like held-out ones:", *lines]))
    varied = Counter(of.id for other, of in others if other.id not in alike)
    return Own(context, [e for e in made if e.id not in alike], people, varied, dropped, generated)


def _in_sight(example: Example, context: Context, dropped: Counter[str]) -> bool:
    if known(example.question, example.sql or "", context):
        return True
    dropped["not in sight"] += 1
    return False


def _asked(row: SourceRow, context: Context, sandbox: Sandbox, dropped: Counter[str]) -> Example | None:
    """A question of the user's file over this database, when its SQL runs; an empty answer is taken as it is."""
    if row.sql is None:
        return Example(row.id, row.question, None, evidence=row.evidence, difficulty="unanswerable", source="own", shape="unanswerable", made_by="people")
    try:
        sql = canonical(row.sql, context.tables(), row.dialect)
    except (SqlglotError, ValueError):
        sql = row.sql
    result = sandbox.run(sql)
    if result.error:
        dropped[f"own: {result.error.split(':')[0]}"] += 1
        return None
    return Example(row.id, row.question, sql, difficulty=difficulty(sql), source="own", shape=outline(sql), made_by="people")


def _canonical(example: Example, context: Context, sandbox: Sandbox) -> Example:
    """A human example with its SQL in the one style, when that gives the same rows. Raises InputError on broken gold."""
    if example.sql is None:
        return example
    before = sandbox.run(example.sql)
    if before.error:
        raise InputError(f"gold SQL of {example.id} does not run: {before.error}")
    styled = canonical(example.sql, context.tables(), example.dialect)
    after = sandbox.run(styled)
    same = not after.error and Counter(map(str, before.rows)) == Counter(map(str, after.rows))
    return dataclasses.replace(example, sql=styled if same else " ".join(example.sql.split()), source=example.source or "human")

"""`sqlkit build`: from a database, query logs, people's questions and public sources to verified pairs in a folder."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.data.author import Author
from sqlkit.data.batches import forget
from sqlkit.data.generate import Progress
from sqlkit.data.leakage import check_apart, find_leaks, neighbours
from sqlkit.data.own import Own, own
from sqlkit.data.published import Published, published
from sqlkit.data.sources import Source, SourceRow, read_source
from sqlkit.data.split import split
from sqlkit.data.write import Built, write
from sqlkit.errors import InputError
from sqlkit.model.retriever import Retriever
from sqlkit.prompt import Context, Retrieval, Shots, completion, compose, render_back
from sqlkit.records import Example, Pair
from sqlkit.schema.glossary import Glossary
from sqlkit.schema.link import Linked

WITH_SHOTS = 0.25  # share of pairs that carry worked examples, so that the model can use them and do without
REASONS = 3  # for which rows of a file were lost that are told; all are in the manifest


def build(
    out: str | Path,
    *,
    database: str | Path = "",
    glossary: str | Path | Glossary | None = None,
    pairs: int = 5000,
    seed: int = 0,
    human: Sequence[Example] = (),
    held_out: Sequence[Example] = (),
    logs: Sequence[str] = (),
    sources: Sequence[tuple[Source, str]] = (),
    most: int = 0,
    suites: Mapping[str, Sequence[Example]] | None = None,
    drop_leaks: bool = False,
    shares: Mapping[str, float] | None = None,
    jobs: int = 1,
    budget: int = 1024,
    back: float = 0.0,
    extra: float = 0.0,
    repeats: int = 3,
    personal_data: str | list[str] = "",
    notes: Sequence[str] = (),
    retriever: Retriever | None = None,
    progress: Progress | None = None,
    author: Author | None = None,
) -> dict[str, Any]:
    """Write pairs.jsonl, examples.jsonl, manifest.json, the data card and what goes with them to `out`; returns the manifest.

    database: what `pairs` examples are generated for, and what `logs` and sources without schemas speak of. human:
    people's questions with gold SQL, to train on; held_out: those of dev and test, which no own example may resemble.
    sources: (descriptor, file, folder or hub id), of each the first `most` rows, 0 for all, in `jobs` processes. suites:
    evaluation suites that nothing may resemble; drop_leaks drops what does. shares: {'dev': 0.1, ...} to hold out.
    back: share of the database's training examples that are pairs the other way round as well, from query to question.
    extra: least share of the generated queries that are of the hardest level, 0: as they come. repeats: how often each of people's
    questions is seen, further examples of it with other values among them.
    budget: tokens that a pair should keep to, for the data card. personal_data: as in `Context.load`. notes: what was told of the
    database before, for the manifest. retriever: chooses tables and worked examples.

    Raises DatabaseError, SchemaError, InputError, LeakError.
    """
    if pairs < 1:
        raise InputError(f"pairs must be at least 1, not {pairs}")
    if not database and not sources:
        raise InputError("nothing to build from: give --database, --ddl, --files or --source")
    if logs and not database:
        raise InputError("query logs need the database that they were written on: give --database, --ddl or --files")
    out, began, suites = Path(out), time.perf_counter(), suites or {}
    asked, others, lost = _without_schema(sources, most) if database else ([], sources, Counter[str]())
    mine = None
    if database:
        mine = own(
            database, glossary, pairs=pairs, seed=seed, human=human, held_out=held_out, logs=logs, asked=asked, personal_data=personal_data, extra=extra, repeats=repeats,
            retriever=retriever, progress=progress, author=author,
        )  # fmt: skip
    rows, accounts = published(others, out, seed=seed, most=most, jobs=jobs, progress=progress)
    leaked = _drop_leaks(mine, rows, suites) if drop_leaks else 0
    every = [*(mine.people if mine else ()), *(mine.made if mine else ()), *(r.example for r in rows)]
    if not every:
        raise InputError("no example is left; " + ("; ".join(f"{a.source}: {a.dropped.most_common(3)}" for a in accounts) or "is the database empty?"))
    compared = ({"dev and test": len(held_out)} if held_out and mine else {}) | check_apart(every, suites)
    parts = {"train": every}
    if shares:
        databases = [() for _ in range(len(every) - len(rows))] + [(r.example.db_id,) if r.example.db_id else r.tables for r in rows]
        parts = split(every, shares, seed, databases)
        compared |= check_apart(parts["train"], {name: part for name, part in parts.items() if name != "train"})
    held = {**suites, **({"held out": held_out} if held_out else {}), **{n: part for n, part in parts.items() if n != "train"}}
    nearest = [{"suite": name, **row} for name, part in held.items() for row in neighbours(parts["train"], part)]
    training = {id(e) for e in parts["train"]}
    written = _pairs(mine, training, repeats, random.Random(seed), retriever) if mine else []
    written += _back(mine, training, back, random.Random(f"{seed} back")) if mine else []
    written += [r.pair for r in rows if id(r.example) in training]
    random.Random(seed).shuffle(written)
    lost.update({reason: n for reason, n in mine.dropped.items() if reason.startswith("own: ")} if mine else {})
    told = [*notes, *_few(lost), *(author.notes() if author else ())]
    made = Built(
        mine.context if mine else None, parts, rows, accounts, Counter({**(mine.dropped if mine else {}), **lost}), compared, leaked, nearest, told,
        retriever.hash if retriever else "", mine.generated if mine else None,
    )  # fmt: skip
    manifest = write(out, made, written, seed=seed, budget=budget, began=began)
    forget(out)
    return manifest


def _without_schema(sources: Sequence[tuple[Source, str]], most: int) -> tuple[list[SourceRow], list[tuple[Source, str]], Counter[str]]:
    """Rows of sources that name no schema, which are about the database at hand; the other sources; why rows of the first could not be read."""
    asked: list[SourceRow] = []
    others = []
    lost: Counter[str] = Counter()
    for of, location in sources:
        first = next(read_source(of, location, Counter()), None)
        if first is None or first.ddl or first.database:
            others.append((of, location))
        else:
            unread: Counter[str] = Counter()
            asked += itertools.islice(read_source(of, location, unread), most or None)
            lost.update({f"{of.name}: {reason}": n for reason, n in unread.items()})
    return asked, others, lost


def _few(lost: Counter[str]) -> list[str]:
    """The first reasons for which rows were lost, as notes."""
    shown = [f"left out {n} row{'s' * (n > 1)}: {reason}" for reason, n in list(lost.items())[:REASONS]]
    return shown + ([f"rows left out for {len(lost) - REASONS} more reasons, see manifest.json"] if len(lost) > REASONS else [])


def _drop_leaks(mine: Own | None, rows: list[Published], suites: Mapping[str, Sequence[Example]]) -> int:
    """Take out, in place, what resembles a question of a suite; how many."""
    every = [*(mine.people if mine else ()), *(mine.made if mine else ()), *(r.example for r in rows)]
    alike = {id(leak.train) for suite in suites.values() for leak in find_leaks(every, suite)}
    if mine:
        mine.people = [e for e in mine.people if id(e) not in alike]
        mine.made = [e for e in mine.made if id(e) not in alike]
    rows[:] = [r for r in rows if id(r.example) not in alike]
    return len(alike)


def _pairs(mine: Own, training: set[int], repeats: int, rng: random.Random, retriever: Retriever | None) -> list[Pair]:
    """Pairs of the examples that are trained on, some with others of them as worked examples."""
    made, people = ([e for e in part if id(e) in training] for part in (mine.made, mine.people))
    shots: Retrieval = retriever.shots([*people, *made]) if retriever else Shots([*people, *made])

    def near(example: Example) -> list[Example]:
        k = rng.choice((1, 2)) if rng.random() < WITH_SHOTS else 0
        return shots.nearest(example.question, k, example.id) if k else []

    written = [_pair(example, mine.context, near(example), linked=mine.generated.linked.get(example.question)) for example in made]
    for example in people:
        for repeat in range(max(1, repeats - mine.varied[example.id])):
            written.append(_pair(example, mine.context, near(example), f"-{repeat}"))
    return written


def _back(mine: Own, training: set[int], share: float, rng: random.Random) -> list[Pair]:
    """Pairs from a query to its question, of a share of the examples."""
    asked = [e for e in (*mine.made, *mine.people) if e.sql is not None and id(e) in training and rng.random() < share]
    return [Pair(f"{e.id}-q", render_back(e.sql or "", mine.context), e.question, e.source) for e in asked]


def _pair(example: Example, context: Context, near: Sequence[Example], suffix: str = "", linked: Linked | None = None) -> Pair:
    prompt = compose(example.question, linked or context.linker.link(example.question), near)
    return Pair(example.id + suffix, prompt, completion(example.sql, example.evidence if example.sql is None else ""), example.source)

"""`sqlkit build`: from a database (and people's questions) to verified pairs in a folder."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlkit.data.generate import Progress, generate
from sqlkit.data.leakage import leaks
from sqlkit.data.public import public_pairs
from sqlkit.database import Sandbox
from sqlkit.errors import InputError
from sqlkit.prompt import Context, Shots, completion, fingerprint, render
from sqlkit.records import Example, Pair, write_atomic, write_jsonl
from sqlkit.schema.glossary import Glossary
from sqlkit.sql.canonical import canonical
from sqlkit.sql.parse import SqlglotError, parse_one

WITH_SHOTS = 0.25  # share of pairs that carry worked examples, so that the model can use them and do without
HUMAN_REPEATS = 4


def build(
    out: str | Path,
    *,
    database: str | Path,
    glossary: str | Path | Glossary | None = None,
    pairs: int = 5000,
    seed: int = 0,
    human: Sequence[Example] = (),
    held_out: Sequence[Example] = (),
    public_data: str | Path | None = None,
    public_pairs_count: int = 2000,
    personal_data: str | list[str] = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write pairs.jsonl, examples.jsonl, context.json and manifest.json to `out`; returns the manifest.

    `human` are people's questions with gold SQL, to train on; `held_out` are those of dev and test: no pair may resemble
    one. Raises DatabaseError, SchemaError, InputError.
    """
    if pairs < 1:
        raise InputError(f"pairs must be at least 1, not {pairs}")
    out, began = Path(out), time.perf_counter()
    context = Context.load(database, glossary, personal_data)
    with Sandbox(database, seconds=5) as sandbox:
        made, dropped = generate(context, sandbox, pairs, seed, progress=progress)
        people = [_canonical(e, context, sandbox) for e in human]
    alike = {e.id for e, _ in leaks(made, held_out)}
    made = [e for e in made if e.id not in alike]
    if copied := leaks(people, held_out):
        first, second = copied[0]
        raise InputError(f"training question {first.id} ({first.question!r}) is too like held-out {second.id} ({second.question!r})")
    written = _pairs(context, made, people, random.Random(seed))
    public_dropped: Counter[str] = Counter()
    if public_data is not None:
        extra = list(public_pairs(public_data, public_pairs_count, public_dropped))
        written += [pair for _, pair in extra]
        made += [example for example, _ in extra]
    random.Random(seed).shuffle(written)
    examples = [*people, *made]
    write_jsonl(out / "examples.jsonl", (_row(e) for e in examples))
    write_jsonl(out / "pairs.jsonl", written)
    context.save(out)
    own = [e for e in examples if e.source != "sql-create-context"]
    manifest = {
        "pairs": len(written),
        "examples": dict(Counter(e.source or "human" for e in examples)),
        "dropped": {**dropped, "like a held-out question": len(alike), **{f"public {k}": v for k, v in public_dropped.items()}},
        "shapes": dict(sorted(Counter(e.shape or "human" for e in own).items())),
        "difficulty": dict(sorted(Counter(e.difficulty for e in own).items())),
        "coverage": _coverage(context, own),
        "notes": [*context.schema.notes, *context.profile.notes],
        "personal_data": context.profile.hidden,
        "prompt_fingerprint": fingerprint(),
        "pairs_sha256": hashlib.sha256((out / "pairs.jsonl").read_bytes()).hexdigest(),
        "seed": seed,
        "seconds": round(time.perf_counter() - began, 2),
    }
    write_atomic(out / "manifest.json", json.dumps(manifest, indent=1) + "\n")
    return manifest


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
    return Example(**{**_fields(example), "sql": styled if same else " ".join(example.sql.split()), "source": example.source or "human"})


def _fields(example: Example) -> dict[str, Any]:
    return {name: getattr(example, name) for name in Example.__dataclass_fields__}


def _pairs(context: Context, made: list[Example], people: list[Example], rng: random.Random) -> list[Pair]:
    shots = Shots([*people, *made])
    written = []
    for example in made:
        k = rng.choice((1, 2)) if rng.random() < WITH_SHOTS else 0
        written.append(_pair(example, context, shots.nearest(example.question, k, example.id) if k else [], ""))
    for example in people:
        for repeat in range(HUMAN_REPEATS):
            k = repeat % 3
            near = shots.nearest(example.question, k, example.id) if k else []
            written.append(_pair(example, context, near, f"-{repeat}"))
    return written


def _pair(example: Example, context: Context, near: Sequence[Example], suffix: str) -> Pair:
    prompt = render(example.question, context, near)
    return Pair(example.id + suffix, prompt, completion(example.sql, example.evidence if example.sql is None else ""), example.source)


def _row(example: Example) -> dict[str, Any]:
    tables, columns = _used(example.sql)
    return {**_fields(example), "tables": sorted(tables), "columns": sorted(columns)}


def _used(sql: str | None) -> tuple[set[str], set[str]]:
    if sql is None:
        return set(), set()
    try:
        tree = parse_one(sql)
    except SqlglotError:
        return set(), set()
    kinds = {type(node).__name__: type(node) for node in tree.walk()}
    tables = {t.name.lower() for t in tree.find_all(kinds["Table"])} if "Table" in kinds else set()
    columns = {c.name.lower() for c in tree.find_all(kinds["Column"])} if "Column" in kinds else set()
    return tables, columns


def _coverage(context: Context, examples: Sequence[Example]) -> dict[str, Any]:
    tables: set[str] = set()
    columns: set[str] = set()
    for example in examples:
        used = _used(example.sql)
        tables |= used[0]
        columns |= {f"{t}.{c}" for t in used[0] for c in used[1]}
    every = [f"{t.name}.{c.name}".lower() for t, c in context.schema.columns()]
    missing = [t.name for t in context.schema.tables if t.name.lower() not in tables]
    return {
        "tables": round(1 - len(missing) / len(context.schema.tables), 4),
        "tables_missing": missing,
        "columns": round(sum(c in columns for c in every) / max(1, len(every)), 4),
    }

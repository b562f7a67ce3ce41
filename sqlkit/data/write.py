"""The folder that a build leaves: pairs, examples, held-out parts, nearest neighbours, manifest, data card."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.data.card import write_card
from sqlkit.data.duplicates import NEAR, near_share
from sqlkit.data.generate import Generated
from sqlkit.data.published import Account, Published
from sqlkit.data.used import coverage, facts_in, names_of, used
from sqlkit.prompt import ASK, Context, fingerprint
from sqlkit.records import Example, Pair, to_dict, write_atomic, write_jsonl
from sqlkit.schema.types import Schema
from sqlkit.sql.facts import Facts

FORMAT = 2  # of manifest.json


@dataclasses.dataclass
class Built:
    """Examples by part ('train' and what is held out), those of `rows` being published; what was dropped and compared."""

    context: Context | None
    parts: dict[str, list[Example]]
    rows: list[Published]
    accounts: list[Account]
    dropped: Counter[str]
    compared: dict[str, int]
    leaked: int
    nearest: list[dict[str, Any]]
    notes: Sequence[str] = ()
    retriever: str = ""  # the hash of what chose tables and worked examples
    generated: Generated | None = None

    @property
    def facts(self) -> Mapping[str, Facts]:
        return self.generated.facts if self.generated else {}


def write(out: Path, built: Built, pairs: Sequence[Pair], *, seed: int, budget: int, began: float) -> dict[str, Any]:
    """Write everything, the manifest last; returns it. All but its `seconds` depends on the input and the seed alone."""
    schema = built.context.schema if built.context else Schema(())
    public = {id(r.example): r for r in built.rows}
    mine = [e for part in built.parts.values() for e in part if id(e) not in public]
    names = names_of(schema)
    facts = {sql: built.facts.get(sql or "") or facts_in(sql, names) for sql in dict.fromkeys(e.sql for e in mine)}

    def row(example: Example) -> dict[str, Any]:
        found = public.get(id(example))
        tables, columns = (found.tables, found.columns) if found else used(facts[example.sql], schema)
        return {**to_dict(example), "tables": tables, "columns": columns}

    rows = {name: [row(e) for e in part] for name, part in built.parts.items()}
    write_jsonl(out / "pairs.jsonl", pairs)
    write_jsonl(out / "examples.jsonl", rows["train"])
    for name in [n for n in rows if n != "train"]:
        write_jsonl(out / f"{name}.jsonl", rows[name])
    if built.nearest:
        write_jsonl(out / "nearest.jsonl", built.nearest)
    (built.context or Context(schema)).save(out)
    every = [r for part in rows.values() for r in part]
    dropped = {**built.dropped, **{f"{a.source}: {reason}": n for a in built.accounts for reason, n in a.dropped.most_common()}}
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "pairs": len(pairs),
        "pair_kinds": dict(sorted(Counter("question" if p.prompt.system == ASK else "sql" for p in pairs).items())),
        "examples": dict(Counter(r["source"] or "human" for r in every)),
        "parts": {name: len(part) for name, part in rows.items()},
        "made_by": dict(Counter(r["made_by"].split(";")[0].split(":")[0] or "people" for r in every)),
        "dropped": {**dropped, **({"like a question of a suite": built.leaked} if built.leaked else {})},
        "sources": [account.row() for account in built.accounts],
        "shapes": dict(sorted(Counter(r["shape"] or "human" for r in every).items())),
        "difficulty": dict(sorted(Counter(r["difficulty"] for r in every).items())),
        "coverage": coverage([facts[e.sql] for e in mine], schema) if built.context else {},
        "unreached": built.generated.unreached if built.generated else {},
        "neighbours": built.generated.neighbours.row() if built.generated else {},
        "near_duplicates": {"share": round(near_share(e.question for part in built.parts.values() for e in part), 4), "from_similarity": NEAR},
        "notes": [*built.notes, *schema.notes, *(built.context.profile.notes if built.context else ())],
        "personal_data": built.context.profile.hidden if built.context else {},
        "leakage": {"compared": built.compared, "found": 0},
        "prompt_fingerprint": fingerprint(built.retriever),
        "pairs_sha256": _sha256(out / "pairs.jsonl"),
        "sha256": {name: _sha256(out / name) for name in sorted(["pairs.jsonl", "examples.jsonl", *(f"{n}.jsonl" for n in rows if n != "train")])},
        "seed": seed,
    }  # fmt: skip
    write_card(out, manifest, rows, pairs, built.nearest, schema, budget)
    manifest["seconds"] = round(time.perf_counter() - began, 2)
    write_atomic(out / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()

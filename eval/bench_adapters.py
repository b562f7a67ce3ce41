"""`make bench-adapters`: one adapter for each company against one for all, on one base; one line of JSON at the end.

    python eval/bench_adapters.py SHARED/spider            # five Spider databases with rows and the embedded company
    python eval/bench_adapters.py SHARED/spider --small    # two databases, few pairs and steps: whether it runs, not how good it is

Pairs come from sqlkit's own sampler; the questions are Spider's own over these databases (golds of `duckdb_gold_*.jsonl`) and the embedded
company's dev split, and no pair may resemble one of them. Every adapter answers every database's questions (EX matrix), greedily
under the scoped grammar; the adapter for all is trained on the pairs of all together. Swaps are timed on one base in memory. Every
stage is kept in --folder and not done again: the same command goes on where it stopped.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import spider

from sqlkit import commands
from sqlkit.data import company
from sqlkit.data.build import build
from sqlkit.errors import InputError
from sqlkit.evaluate.metrics import counts, paired_gain, wilson
from sqlkit.model.host import AdapterHost
from sqlkit.prompt import Context
from sqlkit.recipe import Recipe
from sqlkit.records import Example, Grade, Pair, read_jsonl, read_records, write_atomic, write_jsonl
from sqlkit.schema.ddl import to_ddl
from sqlkit.schema.read import read_schema
from sqlkit.schema.types import Schema

DATABASES = ("college_2", "hr_1", "store_1", "bike_1", "music_1")
RETAIL = "retail"
ALL = "all"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spider", type=Path, help="folder with database/ and duckdb_gold_*.jsonl")
    parser.add_argument("--databases", nargs="+", default=list(DATABASES))
    parser.add_argument("--pairs", type=int, default=2000, help="for each database")
    parser.add_argument("--questions", type=int, default=50, help="of each database, at most")
    parser.add_argument("--steps", type=int, default=-1, help="of each adapter; default one epoch")
    parser.add_argument("--folder", type=Path, default=Path("runs/bench-adapters"))
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    if given.small:
        given.databases, given.pairs, given.questions, given.steps = given.databases[:1], 40, 3, 2
        given.folder = given.folder / "small"
    asked = {name: spider_questions(given.spider, name, given.questions) for name in given.databases}
    asked[RETAIL] = company.questions("dev")[: given.questions]
    where = {name: as_duckdb(given.spider / "database" / name / f"{name}.sqlite", given.folder / f"{name}.duckdb") for name in given.databases}
    where[RETAIL] = company.database(given.folder / "retail.duckdb")
    adapters = {name: tuned(given, name, where[name], asked[name]) for name in where}
    adapters[ALL] = for_all(given, list(where))
    told = {row: {name: graded(given, row, adapters.get(row), name, where[name], asked[name]) for name in where} for row in ("base", *adapters)}
    found = summary(told, list(where)) | {"megabytes": sizes(adapters), "swap": swaps(adapters)}
    found |= {"pairs_each": given.pairs, "steps": given.steps, "questions": {name: len(part) for name, part in asked.items()}}
    write_atomic(given.folder / "matrix.json", json.dumps(found, indent=1) + "\n")
    print(table(found, list(where)), file=sys.stderr)
    print(json.dumps(found))


def spider_questions(folder: Path, name: str, most: int) -> list[Example]:
    """A seeded draw of a database's questions whose gold returns rows and is not known to be wrong. Raises InputError when there are none."""
    rows = [
        row for path in sorted(folder.glob("duckdb_gold_*.jsonl")) for row in read_jsonl(path)
        if row["db_id"] == name and row["nonempty"] and row.get("judge", "CORRECT") == "CORRECT"
    ]  # fmt: skip
    if not rows:
        raise InputError(f"{folder} has no questions over {name}")
    random.Random(0).shuffle(rows)
    return [Example(f"{name}-{i}", row["question"], row["duckdb_sql"], name) for i, row in enumerate(rows[:most])]


def as_duckdb(source: Path, out: Path) -> Path:
    """The rows of a SQLite file in a DuckDB file, for one dialect everywhere, its keys in a glossary beside it: some rows break them."""
    if out.exists():
        return out
    if not source.exists():
        raise InputError(f"database {source} does not exist")
    out.parent.mkdir(parents=True, exist_ok=True)
    memory, typed = spider.to_duckdb(spider.open_sqlite(source, []))
    bare = Schema(tuple(dataclasses.replace(table, primary_key=()) for table in typed.tables))
    joins = [f"{on(table.name, key.columns)} = {on(key.ref_table, key.ref_columns)}" for table, key in read_schema(source).joins()]
    write_atomic(glossary_of(out), json.dumps({"joins": joins}) + "\n")  # JSON is YAML
    partial = out.with_name(f"{out.name}.partial")
    partial.unlink(missing_ok=True)
    memory.execute(f"ATTACH '{partial}' AS made; USE made; {to_ddl(bare)}")
    for table in bare.tables:
        memory.execute(f'INSERT INTO made."{table.name}" SELECT * FROM memory."{table.name}"')
    memory.execute("USE memory; DETACH made")
    memory.close()
    partial.rename(out)
    return out


def on(table: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{table}.{column}" for column in columns)


def glossary_of(database: Path) -> Path:
    """The company's own, or the one that `as_duckdb` wrote."""
    return company.glossary() if database.stem == RETAIL else database.with_suffix(".yaml")


def tuned(given: argparse.Namespace, name: str, database: Path, held_out: Sequence[Example]) -> Path:
    """The adapter of one database."""
    data = given.folder / name / "data"
    if not (data / "manifest.json").exists():
        with commands.progress(f"build {name}", quiet=not sys.stderr.isatty()) as tell:
            build(data, database=database, glossary=glossary_of(database), pairs=given.pairs, seed=0, held_out=held_out, progress=tell)
    return commands.train(recipe_of(given, str(database)), data, given.folder / name, quiet=True)


def for_all(given: argparse.Namespace, names: Sequence[str]) -> Path:
    """The adapter of all databases: their pairs together, shuffled."""
    data = given.folder / ALL / "data"
    if not (data / "pairs.jsonl").exists():
        found = {name: read_records(Pair, given.folder / name / "data" / "pairs.jsonl") for name in names}
        pairs = [dataclasses.replace(pair, id=f"{name}-{pair.id}") for name, part in found.items() for pair in part]
        random.Random(0).shuffle(pairs)
        Context.open(given.folder / RETAIL / "data").save(data)
        write_jsonl(data / "examples.jsonl", [row for name in names for row in read_jsonl(given.folder / name / "data" / "examples.jsonl")])
        write_jsonl(data / "pairs.jsonl", pairs)
    return commands.train(recipe_of(given, str(given.folder / "retail.duckdb")), data, given.folder / ALL, quiet=True)


def recipe_of(given: argparse.Namespace, database: str) -> Recipe:
    """The embedded recipe, without dev questions: the last step is what is compared."""
    recipe = Recipe.load("embedded")
    return recipe.model_copy(update={"database": database, "max_steps": given.steps, "samples": 0, "save_steps": 200, "max_length": 1024})


def graded(given: argparse.Namespace, row: str, adapter: Path | None, name: str, database: Path, asked: Sequence[Example]) -> list[Grade]:
    """What one adapter (or the base) makes of one database's questions."""
    out, arm = given.folder / "eval" / f"{row}-{name}", "tuned" if adapter else "base"
    commands.evaluate(
        asked, str(database), out, adapter=adapter, base="embedded", glossary=str(glossary_of(database)), arms=[arm], recipe=recipe_of(given, str(database)),
        quiet=not sys.stderr.isatty(), title=f"{row} on {name}",
    )  # fmt: skip
    return read_records(Grade, out / f"grades-{arm}.jsonl")


def summary(told: dict[str, dict[str, list[Grade]]], names: Sequence[str]) -> dict[str, Any]:
    """EX of each row on each database, and the paired differences of each database's own adapter to the base and to the one for all."""

    def marks(row: str, name: str) -> dict[str, bool]:
        return {g.example_id: g.correct for g in told[row][name] if counts(g) and g.answerable}

    def against(other: str, *over: str) -> dict[str, float]:
        pairs = [(own, theirs[key]) for name in over for theirs in [marks(other, name)] for key, own in marks(name, name).items() if key in theirs]
        gain = paired_gain([a for a, _ in pairs], [b for _, b in pairs])
        return {"value": gain.value, "low": gain.low, "high": gain.high, "n": gain.n, "won": gain.won, "lost": gain.lost}

    return {
        "ex": {row: {name: _interval(list(marks(row, name).values())) for name in cells} for row, cells in told.items()},
        "gain": {name: against("base", name) for name in names}, "own_against_base": against("base", *names), "own_against_all": against(ALL, *names),
    }  # fmt: skip


def _interval(marks: list[bool]) -> dict[str, float]:
    found = wilson(sum(marks), len(marks))
    return {"value": round(found.value, 4), "low": round(found.low, 4), "high": round(found.high, 4), "n": found.n}


def sizes(adapters: dict[str, Path]) -> dict[str, float]:
    from sqlkit.embedded import folder

    found = {name: (path / "adapter_model.safetensors").stat().st_size / 1e6 for name, path in adapters.items()}
    return {"base": round((folder("base") / "model.safetensors").stat().st_size / 1e6, 2), **{name: round(size, 2) for name, size in found.items()}}


def swaps(adapters: dict[str, Path], times: int = 200) -> dict[str, float]:
    """Milliseconds to make another adapter the active one, all of them in memory; and to read one from disk."""
    host, loads = AdapterHost("embedded"), []
    for name, path in adapters.items():
        began = time.perf_counter()
        host.load(name, path)
        loads.append(time.perf_counter() - began)
    for name in host.names:
        host.use(name)
    spent = [host.use(host.names[i % len(host.names)]) for i in range(times)]
    host.close()
    return {
        "adapters": len(adapters), "swaps": times, "median_ms": round(1000 * statistics.median(spent), 3),
        "p95_ms": round(1000 * sorted(spent)[int(0.95 * times)], 3), "most_ms": round(1000 * max(spent), 3),
        "load_ms": round(1000 * statistics.median(loads[1:]), 1),
    }  # fmt: skip


def table(found: dict[str, Any], names: Sequence[str]) -> str:
    """The matrix in Markdown."""
    lines = ["| adapter | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for row, cells in found["ex"].items():
        shown = [f"{cells[n]['value']:.0%} ({cells[n]['low']:.0%} to {cells[n]['high']:.0%}, n = {cells[n]['n']})" for n in names]
        lines.append(f"| {row} | " + " | ".join(shown) + " |")
    lines.append("| its own against the base | " + " | ".join(f"{g['value']:+.0%} ({g['low']:+.0%} to {g['high']:+.0%})" for g in map(found["gain"].get, names)) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

"""What `sqlkit retriever` does, as functions."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit import commands
from sqlkit.errors import InputError, RunError
from sqlkit.evaluate.recall import KS, compare, hits, recall, write_recall
from sqlkit.prompt import Context, Retrieval, Shots
from sqlkit.recipe import Recipe
from sqlkit.records import Example, from_dict, read_jsonl, write_atomic

Rank = Callable[[str], Sequence[str]]


def tune(
    recipe: Recipe, data: Path, out: Path, *, embedding: str = "static", reranker: str = "", epochs: float = 1.0, batch_size: int = 64,
    learning_rate: float = 0.0,
) -> str:
    """Tune a retriever on the examples of a build, measure it on dev before and after; returns the page, which stands in `out` too.

    The same folder again goes on where it stopped, or only measures. Raises InputError, MissingExtra, RunError.
    """
    from sqlkit.train.retriever import Known, Settings, check_extra, tune_embedding, tune_reranker

    check_extra()
    commands.check_space(out, 300)
    rows = _examples(data)
    context = _context(recipe, data)
    known = [Known.of(row["question"], row["sql"], row["tables"]) for row in rows if row["sql"]]
    dev = _dev(recipe, context)
    from sqlkit.model.retriever import Retriever, documents

    texts = documents(context.schema, context.glossary)
    settings = Settings(epochs, batch_size, learning_rate, recipe.seed)
    signed = {"embedding": embedding, "reranker": reranker, **dataclasses.asdict(settings), "examples": len(rows)}
    _same(out / "retriever.json", signed)
    tune_embedding(embedding, known, texts, out / "embedding", settings)
    if reranker:
        tune_reranker(reranker, known, texts, out / "reranker", settings)
    return write_recall(out, _measure(dev, rows, context, _ways(embedding, out, recipe.seed), Retriever(out), signed))


def _same(path: Path, signed: dict[str, Any]) -> None:
    """Note what the folder is made of, or compare. Raises RunError naming the difference."""
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        changed = [f"{k} = {before.get(k)!r}, this one has {v!r}" for k, v in signed.items() if before.get(k) != v]
        if changed:
            raise RunError(f"{path.parent} holds a retriever with {'; '.join(changed)}; use another --out")
    write_atomic(path, json.dumps(signed, indent=1) + "\n")


def _examples(data: Path) -> list[dict[str, Any]]:
    path = data / "examples.jsonl"
    if not path.exists():
        raise InputError(f"{data} holds no examples.jsonl; build pairs with: sqlkit build --out {data}")
    return [row for row in read_jsonl(path) if "tables" in row and not str(row.get("made_by", "")).startswith("published")]


def _context(recipe: Recipe, data: Path) -> Context:
    """With the values of the live database where the recipe names one, as the linker has them in serving; else as it was built."""
    if not recipe.database:
        return Context.open(data)
    database, glossary = commands.where(recipe, data)
    return Context.load(database, glossary, commands.personal(recipe, data))


def _dev(recipe: Recipe, context: Context) -> list[tuple[Example, frozenset[str]]]:
    """The answerable dev questions with the tables of their gold."""
    from sqlkit.data.used import facts_in, names_of, used

    asked = [e for e in commands.questions(recipe.dev_questions, "dev", recipe) if e.sql]
    if not asked:
        raise InputError("a retriever is judged by recall on dev: give --dev-questions FILE")
    return [(e, frozenset(used(facts_in(e.sql, names_of(context.schema)), context.schema)[0])) for e in asked]


def _ways(embedding: str, out: Path, seed: int) -> dict[str, tuple[Any, Any]]:
    """Embedding and reranker of each way that is compared: untuned, tuned, and reranked where there is a reranker."""
    from sqlkit.model.retriever import load_embedding, load_reranker

    tuned = load_embedding(str(out / "embedding"))
    ways = {"untuned": (load_embedding(embedding, seed), None), "tuned": (tuned, None)}
    return ways | ({"reranked": (tuned, load_reranker(str(out / "reranker")))} if (out / "reranker").is_dir() else {})


def _measure(
    dev: Sequence[tuple[Example, frozenset[str]]], rows: Sequence[Mapping[str, Any]], context: Context, ways: Mapping[str, tuple[Any, Any]],
    retriever: Any, signed: Mapping[str, Any],
) -> dict[str, Any]:
    """Recall at each k of worked examples and of tables, before and after; what comes into sight of the prompt."""
    from sqlkit.model.retriever import DenseShots, Tables, documents
    from sqlkit.train.retriever import Known

    pool = [from_dict(Example, dict(row)) for row in rows if row["sql"]]
    of = {e.id: Known.of(e.question, str(e.sql), row["tables"]) for e, row in zip(pool, (r for r in rows if r["sql"]), strict=True)}
    helpful = [{key for key, one in of.items() if one.helps(Known.of(e.question, str(e.sql), sorted(tables)))} for e, tables in dev]
    able = [i for i, some in enumerate(helpful) if some]
    finders: dict[str, Retrieval] = {"lexical": Shots(pool)} | {name: DenseShots(*models, pool) for name, models in ways.items()}
    found = {name: [[e.id for e in finder.nearest(dev[i][0].question, max(KS), dev[i][0].id)][::-1] for i in able] for name, finder in finders.items()}
    linker = context.linker
    rankers: dict[str, Rank] = {"lexical": lambda q: [t.table.name for t in linker.link(q).tables]}
    rankers |= {name: Tables(*models, documents(context.schema, context.glossary)) for name, models in ways.items()}
    placed = [(e, tables) for e, tables in dev if tables]
    ranked = {name: [rank(e.question) for e, _ in placed] for name, rank in rankers.items()}
    both = {"lexical": linker, "with the retriever": retriever.attach(context).linker}
    sight = {name: [[t.table.name for t in one.link(e.question).tables] for e, _ in placed] for name, one in both.items()}
    needs, wants = [tables for _, tables in placed], [helpful[i] for i in able]
    return {
        "settings": dict(signed),
        "worked examples": {"n": len(able), "of": len(dev), "at": {k: compare({n: hits(some, wants, k) for n, some in found.items()}, "lexical") for k in KS}},
        "tables": {"n": len(placed), "at": {k: compare({n: recall(some, needs, k) for n, some in ranked.items()}, "lexical") for k in KS}},
        "in sight": compare({name: recall(some, needs, 99) for name, some in sight.items()}, "lexical"),
        "shown": {name: sum(map(len, some)) / max(1, len(some)) for name, some in sight.items()},
    }

"""What `sqlkit build` and `sqlkit data` do, as functions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlkit import commands
from sqlkit.errors import InputError
from sqlkit.recipe import Recipe
from sqlkit.records import Example, Pair, from_dict, read_jsonl

if TYPE_CHECKING:
    from sqlkit.data.sources import Source


def build(recipe: Recipe, out: Path, *, jobs: int = 0, quiet: bool = False) -> dict[str, Any]:
    """Pairs of a recipe's database, logs and sources in `out`; returns the manifest. jobs: processes, 0 for one a core."""
    from sqlkit.commands_teach import author
    from sqlkit.data import company
    from sqlkit.data.build import build as build_pairs
    from sqlkit.model.retriever import open_retriever

    commands.check_space(out, 200)
    sources = [of_source(text) for text in recipe.sources]
    grounded = recipe.database or recipe.ddl or recipe.files or not sources
    database, glossary, notes = ground(recipe, out) if grounded else ("", None, ())
    paths = dict.fromkeys(company.HELD_OUT, "") | {"dev": recipe.dev_questions, "test": recipe.test_questions}
    held_out = [example for name, path in paths.items() for example in commands.questions(path, name, recipe)]
    with author(recipe, out) as writing, commands.progress("build", quiet) as tell:
        return build_pairs(
            out, database=database, glossary=glossary, pairs=recipe.pairs, seed=recipe.seed, held_out=held_out,
            human=commands.questions(recipe.questions, "train", recipe), logs=recipe.logs, sources=sources, most=recipe.source_rows,
            suites={name: suite(name, path) for name, path in _named(recipe.suites)}, drop_leaks=recipe.drop_leaks, shares=recipe.split,
            jobs=jobs or os.cpu_count() or 1, budget=recipe.max_length, back=recipe.back, extra=recipe.extra_share, repeats=recipe.human_repeats,
            personal_data=recipe.personal_data, notes=notes, retriever=open_retriever(recipe.retriever), progress=tell, author=writing,
        )


def ground(recipe: Recipe, out: Path) -> tuple[str, str | None, Sequence[str]]:
    """Database and glossary of a recipe, and notes for the user; a database is made in `out` where it names DDL or data files."""
    given = [key for key in ("database", "ddl", "files") if getattr(recipe, key)]
    if len(given) > 1:
        raise InputError(f"give one of --database, --ddl, --files; there are {' and '.join(given)}")
    if recipe.ddl or recipe.files:
        from sqlkit.data.ground import from_ddl, from_files

        made, notes = from_ddl(Path(recipe.ddl), recipe.dialect, out, recipe.seed) if recipe.ddl else from_files(Path(recipe.files), out)
        return str(made), recipe.glossary or None, notes
    return *commands.where(recipe, out), ()


def of_source(text: str) -> tuple[Source, str]:
    """A source as it is named: NAME=FILE, NAME (then from the hub), or FILE, which holds the user's own questions."""
    from sqlkit.data.sources import source

    name, equals, location = text.partition("=")
    if not equals and Path(text).exists() and Path(text).suffix not in {".yaml", ".yml"}:
        return source("own"), text
    found = source(name)
    if found.kind == "log":
        raise InputError(f"{name} is a query log: give it with --log FILE")
    if not (location or found.hub):
        raise InputError(f"source {name} is not on the hub; say where it is: --source {name}=FILE")
    return found, location or found.hub


def suite(name: str, path: str) -> list[Example]:
    """The questions of an evaluation suite, as the source of that name has them, else with their columns' usual names."""
    from collections import Counter

    from sqlkit.data.sources import NO_OBJECT, read_source, source, sources

    of = next((s for s in sources("pairs") if s.name == name), None)
    if of is None:
        own = source("own")
        of = own.model_copy(update={"columns": {**own.columns, "sql": [*own.columns["sql"], "sqlite_sql", "duckdb_sql"]}})
    lost: Counter[str] = Counter()
    found = [Example(r.id, r.question, r.sql, r.db_id, r.dialect) for r in read_source(of, path, lost)]
    if broken := next((reason for reason in lost if reason.endswith(NO_OBJECT)), ""):
        raise InputError(f"{path}: {broken}; mend it: what cannot be read cannot be kept apart")
    if not found:
        raise InputError(f"{path} holds no questions")
    return found


def _named(paths: list[str]) -> Iterator[tuple[str, str]]:
    """NAME=FILE, or a file that is named by its stem."""
    for path in paths:
        name, equals, file = path.partition("=")
        yield (name, file) if equals else (Path(path).stem, path)


def show(folder: Path, find: str = "") -> Iterator[Pair]:
    """The pairs of a build whose prompt or completion holds a text. Raises InputError when there is no build."""
    path = folder / "pairs.jsonl" if folder.is_dir() or not folder.suffix else folder
    if not path.exists():
        raise InputError(f"{folder} holds no pairs.jsonl; build pairs with: sqlkit build --out {folder}")
    for row in read_jsonl(path):
        pair = from_dict(Pair, row)
        if find.lower() in f"{pair.id}\n{pair.prompt.user}\n{pair.completion}".lower():
            yield pair

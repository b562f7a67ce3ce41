"""What an adapter carries meets the database as it is now."""

from __future__ import annotations

from pathlib import Path

from sqlkit.errors import AdapterError
from sqlkit.prompt import Context
from sqlkit.records import Example, read_records
from sqlkit.schema.glossary import Glossary
from sqlkit.schema.types import Schema


def live_context(
    database: str | Path, adapter: str | Path | None = None, glossary: str | Path | None = None
) -> Context:
    """Schema and values of the live database, with the given glossary, or the adapter's where it still fits.

    Raises AdapterError when the adapter was trained for a database none of whose tables is here.
    """
    if adapter is None or not (Path(adapter) / "context.json").exists():
        return Context.load(database, glossary)
    trained = Context.open(adapter)
    live = Context.load(database, glossary)
    names = [t.name for t in trained.schema.tables]
    if names and not any(live.schema.table(name) for name in names):
        some = ", ".join(sorted(names)[:3])
        raise AdapterError(
            f"adapter {adapter} was trained for another database: none of its tables ({some}, ...) is here"
        )
    return live if glossary is not None else Context(live.schema, fitting(trained.glossary, live.schema), live.profile)


def fitting(glossary: Glossary, schema: Schema) -> Glossary:
    """The glossary without tables and columns that are gone, so that no prompt names them."""
    tables = {}
    for name, words in glossary.tables.items():
        if table := schema.table(name):
            columns = {column: said for column, said in words.columns.items() if table.column(column)}
            tables[name] = words.model_copy(update={"columns": columns})

    def here(*names: str) -> bool:
        return all(schema.table(name) for name in names)

    metrics = {name: m for name, m in glossary.metrics.items() if here(m.table, *m.tables)}
    segments = {name: s for name, s in glossary.segments.items() if here(s.table, *s.tables)}
    return glossary.model_copy(update={"tables": tables, "metrics": metrics, "segments": segments})


def adapter_examples(adapter: str | Path) -> list[Example]:
    """The training questions that an adapter carries for retrieval; none when it carries none."""
    path = Path(adapter) / "examples.jsonl"
    return read_records(Example, path) if path.exists() else []

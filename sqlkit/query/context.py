"""What an adapter carries meets the database as it is now."""

from __future__ import annotations

from pathlib import Path

from sqlkit.errors import AdapterError
from sqlkit.model.retriever import Retriever
from sqlkit.prompt import Context
from sqlkit.records import Example, read_records


def live_context(
    database: str | Path, adapter: str | Path | None = None, glossary: str | Path | None = None
) -> Context:
    """Schema and values of the live database, with the given glossary, or the adapter's where it still fits.

    Raises AdapterError when the adapter was trained for a database none of whose tables is here.
    """
    if adapter is None or not (Path(adapter) / "context.json").exists():
        return Context.load(database, glossary)
    trained = Context.open(adapter)
    live = Context.load(database, trained.glossary if glossary is None else glossary, trained.glossary.personal_data)
    names = [t.name for t in trained.schema.tables]
    if names and not any(live.schema.table(name) for name in names):
        some = ", ".join(sorted(names)[:3])
        raise AdapterError(
            f"adapter {adapter} was trained for another database: none of its tables ({some}, ...) is here"
        )
    return live


def adapter_examples(adapter: str | Path) -> list[Example]:
    """The training questions that an adapter carries for retrieval; none when it carries none."""
    path = Path(adapter) / "examples.jsonl"
    return read_records(Example, path) if path.exists() else []


def adapter_retriever(adapter: str | Path | None) -> Retriever | None:
    """The retriever that an adapter was trained with; None when it was trained without one."""
    folder = Path(adapter) / "retriever" if adapter is not None else None
    return Retriever(folder) if folder and folder.is_dir() else None

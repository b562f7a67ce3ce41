"""`sqlkit schema` and `sqlkit schema diff`: from where a schema is to what is printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sqlkit.errors import InputError
from sqlkit.records import Example, read_records
from sqlkit.schema.describe import glossary_template, to_dict, to_text
from sqlkit.schema.diff import advice, diff, stale
from sqlkit.schema.glossary import load_glossary, with_joins
from sqlkit.schema.personal import hidden_columns, personal_columns, without_values
from sqlkit.schema.source import read_all, read_source


def describe_schema(
    source: str, form: str, *, glossary: str = "", dialect: str = "", schemas: Sequence[str] = ()
) -> tuple[str, Sequence[str]]:
    """A schema as 'text', 'json' or a glossary 'template', and the notes on what could not be read.

    Raises SchemaError, DatabaseError, InputError.
    """
    found, seen, likely = read_all(source, dialect, schemas)
    said = load_glossary(glossary or None, found)
    found = with_joins(found, said)
    declared = {(table.name, column) for table, key in found.joins() for column in key.columns}
    likely = [key for key in likely if (key.table, key.column) not in declared]
    personal = personal_columns(found, seen, said)
    seen = without_values(seen, hidden_columns(found, seen, said))
    notes = [*found.notes, *seen.notes]
    if form == "json":
        return json.dumps(to_dict(found, seen, personal, likely), ensure_ascii=False), notes
    if form == "template":
        return glossary_template(found, seen, personal, likely).rstrip("\n"), notes
    return "\n".join(to_text(found, seen, personal, likely)), notes


def schema_diff(old: str, new: str, *, pairs: Path | None = None, dialect: str = "", as_json: bool = False) -> str:
    """What changed from one schema to another, which questions of `pairs` (or of OLD, a folder of sqlkit build) went stale, and
    what to rebuild. Raises SchemaError, DatabaseError, InputError."""
    before, after = read_source(old, dialect), read_source(new, dialect)
    changes = diff(before, after)
    folder = pairs or Path(old)
    if pairs and not (pairs / "examples.jsonl").exists():
        raise InputError(f"{pairs} holds no examples.jsonl; is it a folder that sqlkit build made?")
    examples = read_records(Example, folder / "examples.jsonl") if (folder / "examples.jsonl").exists() else []
    gone = stale(examples, before, changes)
    if as_json:
        listed = [{"what": c.what, "table": c.table, "column": c.column, "before": c.before, "after": c.after, "breaks": c.breaks} for c in changes]
        return json.dumps({"changes": listed, "stale": gone, "examples": len(examples), "advice": advice(changes, len(gone))}, ensure_ascii=False)
    lines = [str(change) for change in changes]
    if examples:
        lines.append(f"{len(gone)} of {len(examples)} questions went stale")
        lines += [f"  {name}: {why}" for name, why in list(gone.items())[:10]]
        lines += [f"  ... and {len(gone) - 10} more (--json lists all)"] if len(gone) > 10 else []
    return "\n".join([*lines, *advice(changes, len(gone))])

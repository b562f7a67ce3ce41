"""A schema for people and for programs: what `sqlkit schema` prints, and the glossary it writes to be filled in."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlkit.schema.infer import InferredKey
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.schema.values import ColumnProfile, Profile
from sqlkit.schema.words import words

SHOWN = 8  # values of a column
CODES = 12  # a text column with at most so many values holds codes worth a word
_PLAIN = re.compile(r"[A-Za-z_][\w ]*")
_YAML = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def to_dict(schema: Schema, profile: Profile, personal: Mapping[str, str], inferred: Sequence[InferredKey]) -> dict[str, Any]:
    """Plain values that `types.from_dict` reads back as the schema. `personal`: column -> why; their values are taken out of
    the profile before, by whoever decides that."""
    made = dataclasses.asdict(schema)
    for table, row in zip(schema.tables, made["tables"], strict=True):
        if table.name in profile.rows:
            row["rows"] = profile.total.get(table.name, profile.rows[table.name])
            row["rows_read"] = profile.rows[table.name]
        for column, described in zip(table.columns, row["columns"], strict=True):
            name = f"{table.name}.{column.name}"
            if (seen := profile.columns.get(name)) is not None:
                described |= {"distinct": seen.distinct, "null_share": round(seen.null_share, 4), "values": list(seen.values[:SHOWN])}
                described |= {"least": seen.quantiles[0], "greatest": seen.quantiles[-1]} if seen.quantiles else {}
            if name in personal:
                described["personal"] = personal[name]
    made["inferred_keys"] = [dataclasses.asdict(key) for key in inferred]
    made["notes"] = [*schema.notes, *profile.notes]
    return made


def to_text(schema: Schema, profile: Profile, personal: Mapping[str, str], inferred: Sequence[InferredKey]) -> Iterator[str]:
    """Lines for people."""
    for table in schema.tables:
        rows = profile.total.get(table.name, profile.rows.get(table.name))
        roughly = "about " if rows is not None and rows > profile.rows[table.name] else ""  # told from a sample
        about = [] if rows is None else [f"{roughly}{rows:,} rows"]
        about += ["view"] if table.view else []
        yield table.name + (f" ({', '.join(about)})" if about else "") + (f": {table.comment}" if table.comment else "")
        width = max((len(c.name) for c in table.columns), default=0)
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            parts = [column.type + ("" if column.nullable else " not null"), *_keys(table, column)]
            parts += [f"personal data ({personal[name]})"] if name in personal else []
            parts += _values(profile.columns[name], roughly) if name in profile.columns else []
            yield f"  {column.name:{width}}  " + "; ".join(parts) + (f"  -- {column.comment}" if column.comment else "")
    for key in inferred:
        yield f"maybe: {key.table}.{key.column} -> {key.ref_table}.{key.ref_column} (confidence {key.confidence:.2f}: {key.why})"
    if inferred:
        yield "maybe: none of these is used; write those that hold into joins of the glossary"


def _keys(table: Table, column: Column) -> list[str]:
    said = ["key"] if column.name in table.primary_key else []
    for key in table.foreign_keys:
        if column.name in key.columns:
            said.append(f"-> {key.ref_table}.{key.ref_columns[key.columns.index(column.name)]}")
    return said


def _values(seen: ColumnProfile, roughly: str) -> list[str]:
    said = [f"{roughly}{seen.distinct:,} distinct"] if seen.distinct else ["no values"]
    said += [f"{seen.null_share:.0%} null"] if seen.null_share else []
    if seen.quantiles:
        said.append(f"{_short(seen.quantiles[0])} to {_short(seen.quantiles[-1])}")
    elif seen.values:
        said.append(", ".join(_short(v) for v in seen.values[:SHOWN]) + (", ..." if seen.distinct > SHOWN else ""))
    return said


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 24 else text[:23] + "…"


def glossary_template(schema: Schema, profile: Profile, personal: Mapping[str, str], inferred: Sequence[InferredKey]) -> str:
    """A glossary to fill in: names guessed from the columns', descriptions from comments, codes, likely keys (commented out)."""
    lines = [
        "# What people call things: fill in what helps, delete the rest. Every part is optional; names of tables and columns are the",
        "# database's. Give it to sqlkit with --glossary.",
        f"name: {_scalar(schema.name)}",
        "# personal_data: shown   # values of columns marked personal may then stand in prompts and pairs",
    ]
    if inferred:
        lines.append("# Keys that are not declared but look like it; take the # away from those that hold (and from joins).")
        lines.append("# joins:")
        for key in inferred:
            lines.append(f"#   - {_scalar(f'{key.table}.{key.column} = {key.ref_table}.{key.ref_column}')}   # {key.confidence:.2f}: {key.why}")
    lines.append("tables:")
    for table in schema.tables:
        lines += [f"  {_scalar(table.name)}:", f"    name: {_scalar(_guess(table.bare))}", "    synonyms: []"]
        lines += [f"    description: {_scalar(table.comment)}"] if table.comment else []
        lines.append("    columns:")
        for column in table.columns:
            lines += [f"      {_scalar(column.name)}:", f"        name: {_scalar(_guess(column.name))}"]
            lines += [f"        description: {_scalar(column.comment)}"] if column.comment else []
            if (why := personal.get(f"{table.name}.{column.name}")) is not None:
                lines.append(f"        personal: true   # {why}")
            elif codes := _codes(column, profile.column(table.name, column.name)):
                lines.append("        values:")
                lines += [f"          {_scalar(code)}: []" for code in codes]
    example = schema.tables[0].name if schema.tables else "table"
    lines += ["metrics: {}", f"#   net revenue: {{table: {_scalar(example)}, sql: SUM({example}.amount), where: '', unit: EUR}}", "segments: {}"]
    return "\n".join(lines) + "\n"


def _codes(column: Column, seen: ColumnProfile) -> list[str]:
    few = column.kind == "text" and 1 < seen.distinct <= CODES
    return [str(v) for v in seen.values if len(str(v)) <= 20] if few else []


def _guess(name: str) -> str:
    return " ".join(words(name)) or name


def _scalar(text: str) -> str:
    """Text as YAML reads it back: JSON's quoting is YAML's."""
    text = " ".join(text.split())
    return text if _PLAIN.fullmatch(text) and text.lower() not in _YAML and not text.endswith(" ") else json.dumps(text, ensure_ascii=False)

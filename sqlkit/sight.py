"""What a prompt lets a model know of a schema, and the grammars of queries that keep to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlkit.prompt import Context
from sqlkit.records import Example
from sqlkit.schema.keys import joins, roots
from sqlkit.schema.link import Linked, LinkedColumn
from sqlkit.schema.said import runs, said
from sqlkit.schema.types import Column
from sqlkit.sql.grammar import select_grammar
from sqlkit.sql.scoped import Seen, Source, scoped_grammar

_NAME = re.compile(r"[^\W\d]\w*")
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_COMPARED = re.compile(r"(\w+)\.(\w+) (?:=|<>) '((?:[^']|'')*)'")


def in_sight(linked: Linked, context: Context, shots: Sequence[Example] = ()) -> dict[str, list[str]]:
    """The tables and columns that a prompt lets a model know: shown, or used in its metrics and worked examples."""
    used = set(_NAME.findall(_told(linked, shots)))
    shown = {t.table.name: {c.column.name for c in t.columns} for t in linked.tables}
    return {
        table.name: [c.name for c in table.columns if c.name in shown.get(table.name, ()) or c.name in used]
        for table in context.schema.tables
        if table.name in shown or table.name in used
    }


def grammar(question: str, context: Context, shots: Sequence[Example] = (), scoped: bool = False) -> str:
    """The grammar of what the prompt of a question lets a model know: names and codes in sight, words of the question.

    Texts are codes and values of the columns in sight, and every run of up to six words of the question, in several cases.
    scoped: types fit and joins follow keys as well, at the price of fewer shapes (`sqlkit.sql.scoped`).
    """
    linked = context.linker.link(question)
    if scoped:
        return _scoped(question, context, linked, shots)
    texts = [text.replace("''", "'") for text in _TEXT.findall(_told(linked, shots))]
    for shown in linked.tables:
        for column in shown.columns:
            texts += [*context.glossary.column(shown.table.name, column.column.name).values, *column.values]
    return select_grammar(in_sight(linked, context, shots), [*texts, *runs(question)])


def _scoped(question: str, context: Context, linked: Linked, shots: Sequence[Example]) -> str:
    root = roots(context.schema)
    shown = {(t.table.name, c.column.name): c for t in linked.tables for c in t.columns}
    told: dict[tuple[str, str], list[str]] = {}
    for table, column, text in _COMPARED.findall(_told(linked, shots)):
        told.setdefault((table, column), []).append(text.replace("''", "'"))
    sources = []
    for name, names in in_sight(linked, context, shots).items():
        table = context.schema.table(name)
        assert table is not None  # in_sight lists tables of the schema
        columns = []
        for column in (c for c in table.columns if c.name in names):
            key = root.get((name, column.name), "")
            texts = _texts(context, name, column.name, shown.get((name, column.name)), told.get((name, column.name), []))
            columns.append(
                Seen(
                    column.name, _kind(column), tuple(texts), not texts, key, column.kind == "number" and not key, column.nullable
                )
            )
        sources.append(Source(name, tuple(columns)))
    hints = [sql.partition(" WHERE ")[0] for _, sql in linked.hints]
    return scoped_grammar(sources, joins(context.schema), [h for h in hints if "(" in h], said(question, context.linker))


def _kind(column: Column) -> str:
    return "timestamp" if column.kind == "date" and column.type.upper() != "DATE" else column.kind


def _texts(context: Context, table: str, column: str, shown: LinkedColumn | None, told: Sequence[str]) -> list[str]:
    """What a text column is known to hold that a question may mean: its codes, or the values that it names."""
    codes = list(context.glossary.column(table, column).values)
    return list(dict.fromkeys([*codes, *(shown.values if shown else ()), *told]))


def _told(linked: Linked, shots: Sequence[Example]) -> str:
    return " ".join([*(sql for _, sql in linked.hints), *(s.sql or "" for s in shots)])

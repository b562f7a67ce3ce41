"""What a prompt lets a model know of a schema, and the grammars of queries that keep to it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from sqlkit.prompt import Context
from sqlkit.records import Example
from sqlkit.schema.link import Linked
from sqlkit.schema.said import runs, said, spoken
from sqlkit.schema.types import Column
from sqlkit.sql.grammar import names_in, select_grammar
from sqlkit.sql.scoped import HELD, PART, scoped_grammar
from sqlkit.sql.scopes import Seen, Source

_TEXT = re.compile(r"'((?:[^']|'')*)'")
_COMPARED = re.compile(rf"(?<![\w\".])({PART}(?:\.{PART})?)\.({PART}) (?:=|<>|(?:NOT )?IN) (\([^()]*\)|'(?:[^']|'')*')")


def in_sight(linked: Linked, context: Context, shots: Sequence[Example] = ()) -> dict[str, list[str]]:
    """The tables and columns that a prompt lets a model know: shown, or used in its metrics and worked examples."""
    used = names_in(_told(linked, shots))
    shown = {t.table.name: {c.column.name for c in t.columns} for t in linked.tables}
    return {
        table.name: [c.name for c in table.columns if c.name in shown.get(table.name, ()) or c.name in used]
        for table in context.schema.tables
        if table.name in shown or table.bare in used
    }


def grammar(
    question: str, context: Context, shots: Sequence[Example] = (), *, scoped: bool = False, refusal: bool = True
) -> str:
    """The grammar of what the prompt of a question lets a model know: names and codes in sight, words of the question.

    Texts are codes and values of the columns in sight, and every run of up to six words of the question, in several cases.
    scoped: types fit and joins follow keys as well, codes are those the question speaks of, at the price of fewer shapes
    (`sqlkit.sql.scoped`); where so much is in sight that this one would be too large, names alone hold. refusal: whether a scoped
    grammar lets the model refuse.
    """
    linked = context.linker.link(question)
    if scoped and len(text := _scoped(question, context, linked, shots, refusal)) <= HELD:
        return text
    spelled = {t.name: t.sql for t in context.schema.tables}
    texts = [text.replace("''", "'") for text in _TEXT.findall(_told(linked, shots))]
    for shown in linked.tables:
        for column in shown.columns:
            texts += [*context.glossary.column(shown.table.name, column.column.name).values, *column.values]
    return select_grammar({spelled[t]: columns for t, columns in in_sight(linked, context, shots).items()}, [*texts, *runs(question)])


def _scoped(question: str, context: Context, linked: Linked, shots: Sequence[Example], refusal: bool) -> str:
    shown = {(t.table.name, c.column.name): c for t in linked.tables for c in t.columns}
    told: dict[tuple[str, str], list[str]] = {}
    for table, column, text in _COMPARED.findall(_told(linked, shots)):
        told.setdefault((table, column.strip('"').replace('""', '"')), []).extend(t.replace("''", "'") for t in _TEXT.findall(text))
    sources = []
    for name, names in in_sight(linked, context, shots).items():
        table = context.schema.table(name)
        assert table is not None  # in_sight lists tables of the schema
        columns = []
        for column in (c for c in table.columns if c.name in names):
            key = context.roots.get((name, column.name), "")
            codes = context.glossary.column(name, column.name).values
            mine = shown.get((name, column.name))
            texts = [*spoken(codes, question), *(mine.values if mine else ()), *told.get((table.sql, column.name), [])]
            columns.append(
                Seen(
                    column.name, _kind(column), tuple(dict.fromkeys(texts)), not texts and not codes, key, column.kind == "number" and not key, column.nullable
                )
            )
        sources.append(Source(table.sql, tuple(columns)))
    hints = [sql.partition(" WHERE ")[0] for _, sql in linked.hints]
    spelled = {t.name: t.sql for t in context.schema.tables}
    joins = [
        dataclasses.replace(j, table=spelled[j.table], ref_table=spelled[j.ref_table])
        for j in context.joins if j.table in spelled and j.ref_table in spelled
    ]  # fmt: skip
    return scoped_grammar(sources, joins, [h for h in hints if "(" in h], said(question, context.linker), refusal)


def _kind(column: Column) -> str:
    return "timestamp" if column.kind == "date" and column.type.upper() != "DATE" else column.kind


def _told(linked: Linked, shots: Sequence[Example]) -> str:
    return " ".join([*(sql for _, sql in linked.hints), *(s.sql or "" for s in shots)])

"""Neighbours of a gold query: one small edit each, the mistakes that models make.

A database that returns the same for a neighbour as for the gold cannot tell them apart, so the share of neighbours that
a set of databases tells apart is a measure of the set (mutation testing; Zhong, Yu, Klein 2020 for SQL). A neighbour
that equals the gold on every database that keeps the schema's constraints carries the argument why in `equal`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any
from zlib import crc32

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from sqlkit.sql import mutations
from sqlkit.sql.keys import SchemaLike, Shape, shapes
from sqlkit.sql.mutating import Edit
from sqlkit.sql.parse import parse_one
from sqlkit.sql.resolve import Names, Tables

KINDS = tuple(mutations.RULES)
MOST = 80  # mutants of one gold: rounds over the kinds, so that every kind is there


@dataclasses.dataclass(frozen=True, slots=True)
class Mutant:
    """`equal` says why the mutant returns what the gold returns wherever the schema's constraints hold; else ''."""

    kind: str
    sql: str
    equal: str = ""


def mutants(sql: str, schema: SchemaLike, most: int = MOST) -> list[Mutant]:
    """At most `most` neighbours in a fixed order: each parses, none is the gold's text, no text comes twice.

    Raises SqlglotError when the query cannot be parsed.
    """
    return mutants_of(parse_one(sql), shapes(schema), most)


def mutants_of(tree: exp.Expr, tables: dict[str, Shape], most: int = MOST) -> list[Mutant]:
    """The mutants of a tree, which is changed in place and put back; for callers that have parsed it already."""
    names = Names(tree, {name: tuple(shape.kinds) for name, shape in tables.items()})
    write: Any = DuckDB().generator(normalize_functions="upper", comments=False)
    seen = {write.generate(tree, copy=False)}
    kinds: list[list[Mutant]] = []
    for kind, rule in mutations.RULES.items():
        made = []
        for edit in rule(names, tables):
            text = _written(tree, edit, write)
            if text not in seen:
                seen.add(text)
                made.append(Mutant(kind, text, edit.equal))
        if made:
            kinds.append(made)
    return list(_rounds(kinds, most))


MULTIPLYING = {"join_comparison", "join_condition_dropped"}  # every row beside every other: minutes, and nothing learned


def a_few(sql: str, tables: dict[str, Shape], names: Tables, most: int) -> list[Mutant]:
    """At most `most` mutants, each of another kind and none that is known to equal the gold; quick, since no other is written.

    Which kinds depends on the text alone. `tables` and `names` are `keys.shapes` and `resolve.tables_of` of the schema, made once.
    Raises SqlglotError.
    """
    tree = parse_one(sql)
    found = Names(tree, names)
    write: Any = DuckDB().generator(normalize_functions="upper", comments=False)
    gold = write.generate(tree, copy=False)
    start = crc32(sql.encode()) % len(KINDS)
    made: list[Mutant] = []
    for kind in (*KINDS[start:], *KINDS[:start]):
        if kind in MULTIPLYING:
            continue
        if len(made) == most:
            break
        edit = next((e for e in mutations.RULES[kind](found, tables) if not e.equal), None)
        text = _written(tree, edit, write) if edit else gold
        if text != gold:
            made.append(Mutant(kind, text))
    return made


def _written(tree: exp.Expr, edit: Edit, write: Any) -> str:
    """The text with an edit, which is taken back."""
    node, value = edit.node, edit.value
    if edit.part:
        before = node.args.get(edit.part)
        node.set(edit.part, value)
        text = write.generate(tree, copy=False)
        node.set(edit.part, before)
    elif node is tree:
        text = write.generate(value, copy=True)
    else:
        assert isinstance(value, exp.Expr)
        node.replace(value)
        text = write.generate(tree, copy=False)
        value.replace(node)
    return str(text)


def _rounds(kinds: list[list[Mutant]], most: int) -> Iterator[Mutant]:
    """One of each kind, then a second, ...: the cap cuts repetition and not variety."""
    taken = 0
    for round_ in range(max(map(len, kinds), default=0)):
        for made in kinds:
            if round_ < len(made) and taken < most:
                taken += 1
                yield made[round_]

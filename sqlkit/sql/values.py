"""The values in a query: what each is compared with, and the query with others in their place."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from sqlglot import exp

from sqlkit.sql.logged import Slot, Unusable, slot_of
from sqlkit.sql.parse import parse_one
from sqlkit.sql.style import spell


@dataclasses.dataclass(frozen=True, slots=True)
class Value:
    """A literal of a query; `slot` says what it is compared with, None where that is no column."""

    text: str
    is_text: bool
    slot: Slot | None


def values(sql: str, tables: Mapping[str, Sequence[str]]) -> list[Value]:
    """The literals of a query in the order of its text. Raises SqlglotError."""
    tree = parse_one(sql)
    return [Value(node.this, node.is_string, _slot(node, tables)) for node in _literals(tree)]


def with_values(sql: str, texts: Mapping[int, str]) -> str:
    """The query with the literals at some positions of `values` replaced, each by one of its own kind."""
    tree = parse_one(sql)
    for position, node in enumerate(_literals(tree)):
        if position in texts:
            node.set("this", texts[position])
    return spell(tree)


def _literals(tree: exp.Expression) -> list[exp.Literal]:
    return [node for node in tree.walk(bfs=False) if isinstance(node, exp.Literal)]


def _slot(node: exp.Literal, tables: Mapping[str, Sequence[str]]) -> Slot | None:
    try:
        return slot_of(node, tables)
    except Unusable:
        return None

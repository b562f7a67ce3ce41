"""How a predicted query differs from the gold, in words: the taxonomy of failures, from comparing syntax trees.

The differences come with the likely root first: a wrong table before the columns and conditions that follow from it.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import TypeVar

from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.parts import Parts, take_apart

Part = TypeVar("Part", bound=Hashable)

KINDS = (
    "wrong table", "missing join", "extra join", "wrong join", "wrong aggregate", "wrong column", "missing column",
    "extra column", "missing filter", "extra filter", "wrong literal", "wrong operator", "wrong filter column",
    "and/or", "wrong grouping", "wrong window", "set operation", "distinct", "wrong order", "limit",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """`kind` is one of KINDS; `text` says what, with the names of the query."""

    kind: str
    text: str


def differences(gold: str, predicted: str, dialect: str = "duckdb") -> list[Difference]:
    """What a prediction does otherwise than the gold; empty when no difference is seen or one cannot be parsed."""
    try:
        ours, theirs = take_apart(gold, dialect=dialect), take_apart(predicted, dialect=dialect)
        if ours.vague or theirs.vague:
            ours, theirs = (take_apart(text, bare=True, dialect=dialect) for text in (gold, predicted))
    except (SqlglotError, RecursionError):
        return []
    found = [
        *_tables(ours, theirs),
        *_aggregates(ours, theirs),
        *_outputs(ours, theirs),
        *_filters(ours, theirs),
        *_rest(ours, theirs),
    ]
    return sorted(found, key=lambda difference: KINDS.index(difference.kind))


def _tables(gold: Parts, said: Parts) -> Iterator[Difference]:
    missing, extra = _either(gold.tables, said.tables)
    for wanted, got in zip(missing, extra, strict=False):
        yield Difference("wrong table", f"reads {got} instead of {wanted}")
    for name in missing[len(extra) :]:
        yield Difference("missing join", f"does not join {name}")
    for name in extra[len(missing) :]:
        yield Difference("extra join", f"joins {name}, which is not needed")
    if missing or extra:
        return
    wanted_joins, got_joins = _either(gold.joins, said.joins)
    for wanted_on, got_on in zip(wanted_joins, got_joins, strict=False):
        yield Difference("wrong join", f"joins on {got_on} instead of {wanted_on}")
    if len(wanted_joins) > len(got_joins):
        yield Difference("wrong join", f"lacks the join condition {wanted_joins[-1]}")
    wanted_kinds, got_kinds = _either(gold.join_kinds, said.join_kinds)
    if wanted_kinds or got_kinds:
        got, wanted = (kinds[0] if kinds else "inner" for kinds in (got_kinds, wanted_kinds))
        yield Difference("wrong join", f"{got} join instead of {wanted} join")


def _aggregates(gold: Parts, said: Parts) -> Iterator[Difference]:
    missing, extra = _either(gold.aggregates, said.aggregates)
    for wanted in list(missing):
        alike = [got for got in extra if got[1] == wanted[1]] or [got for got in extra if got[0] == wanted[0]]
        if alike:
            got = alike[0]
            missing.remove(wanted)
            extra.remove(got)
            kind = "wrong column" if got[0] == wanted[0] else "wrong aggregate"
            yield Difference(kind, f"{_call(*got)} instead of {_call(*wanted)}")
    for wanted, got in zip(missing, extra, strict=False):
        yield Difference("wrong aggregate", f"{_call(*got)} instead of {_call(*wanted)}")
    for name in missing[len(extra) :]:
        yield Difference("wrong aggregate", f"lacks {_call(*name)}")
    for name in extra[len(missing) :]:
        yield Difference("wrong aggregate", f"{_call(*name)}, which the gold does not compute")


def _call(name: str, argument: str) -> str:
    function, _, distinct = name.partition(" ")
    return f"{function}({distinct + ' ' if distinct else ''}{argument})"


def _outputs(gold: Parts, said: Parts) -> Iterator[Difference]:
    missing, extra = _either(Counter(gold.outputs), Counter(said.outputs))
    starred = any("*" in output and "(" not in output for output in (*gold.outputs, *said.outputs))
    if starred and (missing or extra):
        if "*" in said.outputs:
            yield Difference("extra column", "shows every column")
        return
    surplus = len(said.outputs) - len(gold.outputs)
    for name in missing[len(missing) + surplus :] if surplus < 0 else ():
        if "(" not in name:  # an aggregate that is not there has been told
            yield Difference("missing column", f"does not show {name}")
    for name in extra[len(extra) - surplus :] if surplus > 0 else ():
        yield Difference("extra column", f"also shows {name}")
    for wanted, got in zip(missing, extra, strict=False):
        if "(" not in wanted and "(" not in got:  # the parts of expressions are told as aggregates
            yield Difference("wrong column", f"shows {got} instead of {wanted}")


def _filters(gold: Parts, said: Parts) -> Iterator[Difference]:
    missing, extra = _either(gold.predicates, said.predicates)

    def take(kind: str, *same: str) -> Iterator[Difference]:
        for wanted in list(missing):
            for got in extra:
                if wanted.sign and all(getattr(got, part) == getattr(wanted, part) for part in same):
                    missing.remove(wanted)
                    extra.remove(got)
                    yield Difference(kind, f"{got} instead of {wanted}")
                    break

    yield from take("wrong literal", "subject", "sign")
    yield from take("wrong operator", "subject", "value")
    yield from take("wrong filter column", "sign", "value")
    yield from take("wrong literal", "subject")
    for predicate in missing:
        yield Difference("missing filter", f"lacks the condition {predicate}")
    for predicate in extra:
        yield Difference("extra filter", f"adds the condition {predicate}")
    if gold.predicates == said.predicates and gold.connectives != said.connectives:
        yield Difference("and/or", "joins the conditions by AND and OR otherwise")


def _rest(gold: Parts, said: Parts) -> Iterator[Difference]:
    if gold.groups != said.groups:
        yield Difference("wrong grouping", f"groups by {_list(said.groups)} instead of {_list(gold.groups)}")
    if gold.windows != said.windows:
        yield Difference("wrong window", f"window {_list(said.windows)} instead of {_list(gold.windows)}")
    if gold.set_operations != said.set_operations:
        got, wanted = _list(said.set_operations), _list(gold.set_operations)
        yield Difference("set operation", f"{got} instead of {wanted}")
    if gold.distinct != said.distinct:
        yield Difference("distinct", "lacks DISTINCT" if gold.distinct else "adds DISTINCT")
    if gold.order != said.order:
        yield Difference("wrong order", f"orders by {_list(said.order)} instead of {_list(gold.order)}")
    if gold.limit != said.limit:
        yield Difference("limit", f"limit {said.limit or 'none'} instead of {gold.limit or 'none'}")


def _either(gold: Counter[Part], said: Counter[Part]) -> tuple[list[Part], list[Part]]:
    """What only the gold has and what only the prediction has, in the order of the text."""
    return list((gold - said).elements()), list((said - gold).elements())


def _list(items: Sequence[str] | Counter[str]) -> str:
    return ", ".join(items) or "nothing"

"""A query whose conditions are made those that a question names: its values, years, months and numbers.

A query of the right shape is often there, in a neighbouring question's gold or in a model's answer, with another value in it,
without one that the question names, or with one that it does not.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp

from sqlkit.sql.logged import Slot, Unusable, slot_of
from sqlkit.sql.parse import parse_one
from sqlkit.sql.style import spell

_YEAR = re.compile(r"(?:19|20)\d\d$")
_DATE = re.compile(r"((?:19|20)\d\d)(-\d\d.*)$")
_SIZED = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.Limit)


class Place(NamedTuple):
    """A value and the column that it stands in."""

    table: str
    column: str
    value: str


@dataclasses.dataclass(frozen=True, slots=True)
class Named:
    """What a question names that stands in conditions.

    values: for each phrase, the places it may mean. years, months: as numbers in text. digits: the numbers as written; numbers:
    all that a number of the question may mean. settled: texts in the metrics and segments it names, which have their own conditions.
    """

    values: tuple[tuple[Place, ...], ...] = ()
    years: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    digits: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()


# what a condition may be turned into: one of its column, of a column of its name, of its table
_ALIKE: tuple[Callable[[Place, Slot], bool], ...] = (
    lambda place, slot: (place.table, place.column) == (slot.table, slot.column),
    lambda place, slot: place.column == slot.column,
    lambda place, slot: place.table == slot.table,
)


def with_conditions(sql: str, named: Named, tables: Mapping[str, Sequence[str]]) -> str:
    """The query with the conditions of `named`; the text as it came where nothing is to change. Raises SqlglotError.

    `tables`: table name to its columns. A text that the question does not name gives way to one that it names, of the same column
    or else the same table, or its condition goes; a value for which there is no place is added where its table is read.
    """
    tree = parse_one(sql).copy()
    changed = [_values(tree, named, tables), _years(tree, named), _months(tree, named), _numbers(tree, named)]
    return spell(tree) if any(changed) else sql


def _values(tree: exp.Expr, named: Named, tables: Mapping[str, Sequence[str]]) -> bool:
    """Equalities with texts, made those of the question, in place."""
    used: set[int] = set()
    loose: list[tuple[exp.EQ, Slot]] = []
    for equal, slot in list(_equalities(tree, tables)):
        value = equal.expression.name
        here = [i for i, places in enumerate(named.values) if any(p.column == slot.column and p.value.lower() == value.lower() for p in places)]
        used.update(here[:1])
        if not here and value not in named.settled and not _DATE.match(value):
            loose.append((equal, slot))
    texts = {node.name.lower().strip("%") for node in tree.find_all(exp.Literal) if node.is_string} | {text.lower() for text in named.settled}
    missing = [places for i, places in enumerate(named.values) if i not in used and not any(p.value.lower() in texts for p in places)]
    changed = False
    for alike in _ALIKE:
        for places in list(missing):
            if found := next(((p, one) for p in places for one in loose if alike(p, one[1])), None):
                place, (equal, _) = found
                equal.this.set("this", exp.to_identifier(place.column))
                equal.expression.set("this", place.value)
                loose.remove(found[1])
                missing.remove(places)
                changed = True
    for places in missing:
        changed |= any(_add(tree, place) for place in places)
    for equal, _ in loose:
        changed |= _drop(equal)
    return changed


def _equalities(tree: exp.Expr, tables: Mapping[str, Sequence[str]]) -> Iterator[tuple[exp.EQ, Slot]]:
    for equal in tree.find_all(exp.EQ):
        if isinstance(equal.this, exp.Column) and isinstance(equal.expression, exp.Literal) and equal.expression.is_string:
            try:
                yield equal, slot_of(equal.expression, tables)
            except Unusable:
                continue


def _add(tree: exp.Expr, place: Place) -> bool:
    """A further condition in the first SELECT that reads the table of the place; whether there is one."""
    for select in tree.find_all(exp.Select):
        parts = [part.this for part in (select.args.get("from_"), *(select.args.get("joins") or ())) if part is not None]
        for source in parts:
            if isinstance(source, exp.Table) and source.name.lower() == place.table.lower():
                column = exp.column(place.column, table=source.alias_or_name if len(parts) > 1 else None)
                select.where(exp.EQ(this=column, expression=exp.Literal.string(place.value)), copy=False)
                return True
    return False


def _drop(condition: exp.Expr) -> bool:
    """Take a condition out of the conjunction that it stands in; whether it could be."""
    holder = condition.parent
    if isinstance(holder, exp.And):
        holder.replace(holder.expression if holder.this is condition else holder.this)
    elif isinstance(holder, exp.Where):
        holder.pop()
    else:
        return False
    return True


def _years(tree: exp.Expr, named: Named) -> bool:
    """Move the years of a query, by one number, to those of the question."""
    found = [node for node in tree.find_all(exp.Literal) if (_DATE if node.is_string else _YEAR).match(node.name)]
    there = sorted({node.name[:4] for node in found})
    wanted = sorted(named.years)
    if not there or not wanted or set(there) & set(wanted):
        return False
    # of bounds that lie in two years (from 1 January to 1 January) the first is the year that is meant
    first = len(there) > 1 and any(node.is_string and "-01-01" in node.name for node in found)
    by = int(wanted[-1]) - int(there[0] if first else there[-1])
    for node in found:
        node.set("this", f"{int(node.name[:4]) + by}{node.name[4:]}")
    return True


def _months(tree: exp.Expr, named: Named) -> bool:
    """The one month of a query becomes that of the question."""
    found = [e.expression for e in tree.find_all(exp.EQ) if isinstance(e.this, exp.Month) and isinstance(e.expression, exp.Literal)]
    if len(found) != 1 or len(named.months) != 1 or found[0].name == named.months[0]:
        return False
    found[0].set("this", named.months[0])
    return True


def _numbers(tree: exp.Expr, named: Named) -> bool:
    """The one number of a query that the question does not give becomes the one that the query lacks."""
    numbers = [node for node in tree.find_all(exp.Literal) if not node.is_string]
    strange = [n for n in numbers if isinstance(n.parent, _SIZED) and n.name not in named.numbers and n.name != "0" and not _YEAR.match(n.name) and not _of_month(n)]
    lacking = [d for d in named.digits if d not in {n.name for n in numbers}]
    if len(strange) != 1 or len(lacking) != 1:
        return False
    strange[0].set("this", lacking[0])
    return True


def _of_month(node: exp.Expr) -> bool:
    return node.parent is not None and isinstance(node.parent.this, exp.Month)

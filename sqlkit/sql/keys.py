"""What a SELECT's declared keys and conditions imply: which columns fix which, and which are never NULL.

The arguments are the textbook ones: a key fixes its row (functional dependency, Armstrong closure), an equality that
every row has passed makes two columns one, a comparison that every row has passed rejects NULL. They hold on every
database that keeps the schema's constraints, so what follows from them is proof and not observation.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from sqlglot import exp

from sqlkit.sql.facts import SIGNS, constant
from sqlkit.sql.resolve import Names, Scope, Source
from sqlkit.sql.text import write

# NULL of NULL
_STRICT = (
    exp.Paren, exp.Lower, exp.Upper, exp.Cast, exp.Neg, exp.Year, exp.Month, exp.Day, exp.Quarter, exp.Week, exp.Extract, exp.Abs,
    exp.Length, exp.TimeToStr, exp.TimestampTrunc, exp.DateTrunc,
)  # fmt: skip
Column = tuple[int, str]  # id() of a Source and a column's lower-case name


class SchemaLike(Protocol):
    """`schema.types.Schema`, which stands on the floor above."""

    @property
    def tables(self) -> Sequence[Any]: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """A table in lower case: column kinds (`Column.kind`), types, columns without NULL, keys, references."""

    kinds: dict[str, str]
    types: dict[str, str]
    required: frozenset[str]
    keys: tuple[frozenset[str], ...]
    references: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...]


def shapes(schema: SchemaLike) -> dict[str, Shape]:
    """The tables of a schema by lower-case name."""
    found = {}
    for table in schema.tables:
        required = frozenset(c.name.lower() for c in table.columns if not c.nullable)
        unique = [_lower(key) for key in (table.primary_key, *table.unique) if key]
        found[table.name.lower()] = Shape(
            {c.name.lower(): c.kind for c in table.columns},
            {c.name.lower(): c.type.upper() for c in table.columns},
            required,
            tuple(frozenset(key) for key in unique if required.issuperset(key)),
            tuple((_lower(k.columns), k.ref_table.lower(), _lower(k.ref_columns)) for k in table.foreign_keys),
        )
    return found


def _lower(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


class Known:
    """What is known of the rows of one SELECT after FROM and WHERE."""

    def __init__(self, names: Names, scope: Scope, tables: dict[str, Shape]) -> None:
        self.names, self.scope, self.tables = names, scope, tables
        self.rejected: set[Column] = set()  # NULL is turned away by a condition that all rows have passed
        self.fixed: set[Column] = set()  # one value in all rows
        self._parent: dict[Column, Column] = {}
        for condition in self._passed():
            self._learn(condition)
        for members in self._classes().values():
            if self.rejected.intersection(members):
                self.rejected.update(members)
            if self.fixed.intersection(members):
                self.fixed.update(members)

    def column(self, node: exp.Expr | None) -> Column | None:
        """A column of this SELECT's own sources."""
        while isinstance(node, exp.Paren | exp.Alias):
            node = node.this
        found = self.names.local(node, self.scope) if isinstance(node, exp.Column) else None
        return (id(found[0]), found[1]) if found else None

    def same(self, a: Column, b: Column) -> bool:
        return self._root(a) == self._root(b)

    def never_null(self, node: exp.Expr | None) -> bool:
        """Whether an expression cannot be NULL in any row."""
        if isinstance(node, exp.Literal | exp.Count | exp.Star):
            return True
        if isinstance(node, exp.Sum | exp.Avg | exp.Min | exp.Max):  # a group has a row
            return bool(self.scope.select.args.get("group")) and self.never_null(node.this)
        if isinstance(node, exp.Add | exp.Sub | exp.Mul):
            return self.never_null(node.this) and self.never_null(node.expression)
        if isinstance(node, exp.Paren | exp.Neg):
            return self.never_null(node.this)
        column = self.column(node)
        if column is None:
            return False
        if column in self.rejected:
            return True
        source = self._source(column)
        shape = self.tables.get(source.table)
        return shape is not None and not source.outer and column[1] in shape.required

    def closure(self, nodes: Iterable[exp.Expr]) -> set[Column]:
        """All columns fixed by these (expressions that are no column fix nothing)."""
        known = {c for node in nodes if (c := self.column(node)) is not None} | self.fixed
        keyed = [(s, self.tables[s.table]) for s in self.scope.sources if s.table in self.tables]
        while True:
            size = len(known)
            roots = {self._root(c) for c in known}
            known |= {c for c in self._parent if self._root(c) in roots}
            for source, shape in keyed:
                if any(all((id(source), c) in known for c in key) for key in shape.keys):
                    known |= {(id(source), c) for c in shape.kinds}
            if len(known) == size:
                return known

    def rows_fixed(self, nodes: Iterable[exp.Expr]) -> bool:
        """Whether no two rows agree on these."""
        known = self.closure(nodes)
        return self.scope.whole and all(self._keyed(source, known) for source in self.scope.sources)

    def fixes(self, nodes: Iterable[exp.Expr], node: exp.Expr) -> bool:
        """Whether an expression is fixed by others: all its columns are."""
        if node.find(exp.AggFunc, exp.Query, exp.Window):
            return False
        known = self.closure(nodes)
        mine = [self.column(c) for c in node.find_all(exp.Column)]
        return all(c in known for c in mine)

    def required_reference(self, child: Source, parent: Source, condition: exp.Expr | None) -> bool:
        """Whether a join condition is a foreign key that is never NULL: every child finds its parent, one and only one."""
        ours, theirs = self.tables.get(child.table), self.tables.get(parent.table)
        if ours is None or theirs is None or condition is None or child.outer:
            return False
        pairs = set()
        for part in conjuncts(condition):
            if not isinstance(part, exp.EQ):
                return False
            sides = [self.names.local(s, self.scope) if isinstance(s, exp.Column) else None for s in (part.this, part.expression)]
            named = {found[0].name: found[1] for found in sides if found}
            if set(named) != {child.name, parent.name}:
                return False
            pairs.add((named[child.name], named[parent.name]))
        return any(
            target == parent.table and pairs == set(zip(mine, other, strict=True)) and ours.required.issuperset(mine)
            for mine, target, other in ours.references
            if len(mine) == len(other)
        )

    def _keyed(self, source: Source, known: set[Column]) -> bool:
        shape = self.tables.get(source.table)
        if shape is not None:
            return any(all((id(source), c) in known for c in key) for key in shape.keys)
        body = source.query
        return isinstance(body, exp.Select) and not body.args.get("group") and plain_aggregate(body)

    def _passed(self) -> Iterator[exp.Expr]:
        """Conditions that every row has passed: WHERE, and ON of inner joins where no later join brings NULLs."""
        select = self.scope.select
        where = select.args.get("where")
        if where is not None:
            yield from conjuncts(where.this)
        joins = select.args.get("joins") or []
        if any(join.side in {"RIGHT", "FULL"} for join in joins):
            return
        for join in joins:
            if not join.side and join.kind in {"", "INNER"} and join.args.get("on") is not None:
                yield from conjuncts(join.args["on"])

    def _learn(self, condition: exp.Expr) -> None:
        for column in null_rejected(condition):
            mine = self.column(column)
            if mine:
                self._root(mine)
                self.rejected.add(mine)
        if isinstance(condition, exp.EQ):
            left, right = self.column(condition.this), self.column(condition.expression)
            if left and right and self._alike(left, right):
                self._parent[self._root(left)] = self._root(right)
            for found, other in ((left, condition.expression), (right, condition.this)):
                if found and constant(other) is not None:
                    self._root(found)
                    self.fixed.add(found)

    def _alike(self, a: Column, b: Column) -> bool:
        """Equal by = means the same value only where both have one type."""
        types = [self.tables[s.table].types.get(c[1]) for c in (a, b) if (s := self._source(c)).table in self.tables]
        return len(types) == 2 and types[0] == types[1]

    def _source(self, column: Column) -> Source:
        return next(s for s in self.scope.sources if id(s) == column[0])

    def _root(self, column: Column) -> Column:
        parent = self._parent.setdefault(column, column)
        return column if parent == column else self._root(parent)

    def _classes(self) -> dict[Column, list[Column]]:
        found: dict[Column, list[Column]] = {}
        for column in list(self._parent):
            found.setdefault(self._root(column), []).append(column)
        return found


def conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of a condition that AND joins."""
    node = node.unnest()
    if isinstance(node, exp.And):
        yield from conjuncts(node.this)
        yield from conjuncts(node.expression)
    else:
        yield node


def null_rejected(condition: exp.Expr) -> list[exp.Column]:
    """Columns whose NULL makes a condition false or unknown."""
    node = condition.unnest()
    if isinstance(node, exp.And):
        return [*null_rejected(node.this), *null_rejected(node.expression)]
    if isinstance(node, exp.Or):
        others = {write(c, "") for c in null_rejected(node.expression)}
        return [c for c in null_rejected(node.this) if write(c, "") in others]
    negated = isinstance(node, exp.Not)
    part: Any = node.this.unnest() if negated else node
    if isinstance(part, exp.Is):
        sides = [part.this] if negated and isinstance(part.expression, exp.Null) else []
    elif type(part) in SIGNS:
        sides = [part.this, part.expression]
    elif isinstance(part, exp.Like | exp.ILike | exp.Between) or (isinstance(part, exp.In) and not (negated and part.args.get("query"))):
        sides = [part.this]
    else:
        return []
    found = []
    for side in sides:
        inner: Any = side
        while type(inner) in _STRICT:
            inner = inner.expression if isinstance(inner, exp.Extract) else inner.this
        if isinstance(inner, exp.Column):
            found.append(inner)
    return found


def plain_aggregate(select: exp.Select) -> bool:
    """Whether a SELECT without GROUP BY returns one row because it aggregates."""
    return any(aggregates(shown) for shown in select.expressions)


def aggregates(node: exp.Expr) -> bool:
    """Whether an expression holds an aggregate of its own SELECT (not of a subquery or a window)."""
    if isinstance(node, exp.Query | exp.Window):
        return False
    if isinstance(node, exp.AggFunc):
        return True
    return any(aggregates(child) for child in node.iter_expressions())

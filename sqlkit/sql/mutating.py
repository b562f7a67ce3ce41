"""What the kinds of mutants share: an edit, what is known of each SELECT, and ways to look at a tree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from sqlkit.sql.facts import constant
from sqlkit.sql.keys import Known, Shape
from sqlkit.sql.resolve import Names, Scope, Source
from sqlkit.sql.text import write

Tables = dict[str, Shape]


SIGNS: dict[type[exp.Expr], tuple[type[exp.Expr], ...]] = {
    exp.GT: (exp.GTE, exp.LT, exp.EQ),
    exp.GTE: (exp.GT, exp.LTE, exp.EQ),
    exp.LT: (exp.LTE, exp.GT, exp.EQ),
    exp.LTE: (exp.LT, exp.GTE, exp.EQ),
    exp.EQ: (exp.NEQ, exp.GTE, exp.LTE),
    exp.NEQ: (exp.EQ, exp.GT, exp.LT),
}


AGGREGATES = (exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Count)


LARGE = 30  # literals, columns, ... of one query that a rule goes through at most


@dataclasses.dataclass(slots=True)
class Edit:
    """Put `value` for `node`, or for its argument `part`. `equal` is the argument why that changes nothing."""

    node: exp.Expr
    value: Any
    part: str = ""
    equal: str = ""


class Context:
    """What is known of each SELECT, worked out once."""

    def __init__(self, names: Names, tables: Tables) -> None:
        self.names, self.tables = names, tables
        self._known: dict[int, Known] = {}

    def known(self, scope: Scope) -> Known:
        if id(scope) not in self._known:
            self._known[id(scope)] = Known(self.names, scope, self.tables)
        return self._known[id(scope)]


def nodes(names: Names, *kinds: type[exp.Expr]) -> list[Any]:
    """The nodes of these kinds in the order of the text."""
    return [node for node in names.inside if isinstance(node, kinds)]


def is_join(node: exp.Expr | None) -> bool:
    """Whether a node is an equality of two columns: a join condition, wherever it stands."""
    return isinstance(node, exp.EQ) and isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Column)


def condition_parts(node: exp.Expr) -> Iterator[exp.Expr]:
    node = node.unnest()
    if isinstance(node, exp.And | exp.Or):
        yield from condition_parts(node.this)
        yield from condition_parts(node.expression)
    else:
        yield node


def shown_scopes(names: Names) -> Iterator[Scope]:
    """SELECTs whose rows are shown: not those behind EXISTS or IN, which NULL does not reach the same way."""
    for scope in names.scopes:
        if not only_existence(scope.select) and scope.parent is None:
            yield scope


def only_existence(select: exp.Select) -> bool:
    """A SELECT whose duplicates do not matter: in EXISTS, IN or a set operation that removes them."""
    node: exp.Expr = select
    while isinstance(node.parent, exp.Subquery | exp.SetOperation):
        node = node.parent
        if isinstance(node, exp.SetOperation) and node.args.get("distinct"):
            return not select.args.get("limit")
    return isinstance(node.parent, exp.In | exp.Exists) and not select.args.get("limit")


def is_idle(node: exp.Expr) -> bool:
    """In the SELECT list of EXISTS, which nobody reads."""
    select = node.find_ancestor(exp.Select)
    in_list = node
    while in_list.parent is not None and in_list.parent is not select:
        in_list = in_list.parent
    return select is not None and in_list.arg_key == "expressions" and isinstance(select.parent, exp.Exists)


def columns_of(source: Source, tables: Tables) -> list[str]:
    return list(tables[source.table].kinds) if source.table in tables else []


def never_null(known: Known, source: Source, name: str) -> bool:
    shape = known.tables[source.table]
    return (id(source), name) in known.rejected or (name in shape.required and not source.outer)


def _kind(node: exp.Column, names: Names, tables: Tables) -> str:
    origin = names.origin(node)
    return tables[origin[0]].kinds.get(origin[1], "") if origin and origin[0] in tables else ""


def other_columns(node: exp.Column, context: Context, most: int, own: bool = False) -> Iterator[Edit]:
    """The column for others of its kind that this SELECT reads; `own`: of the same source only."""
    names, tables = context.names, context.tables
    scope, kind = names.scope(node), _kind(node, names, context.tables)
    mine = names.source(node)
    if scope is None or not kind or mine not in scope.sources:
        return
    known, name = context.known(scope), node.name.lower()
    sources = sorted(scope.sources, key=lambda s: s is not mine)
    made = 0
    for source in sources:
        for other in columns_of(source, tables):
            if (source is mine and other == name) or tables[source.table].kinds[other] != kind or (own and source is not mine):
                continue
            value: exp.Expr = exp.column(other, source.name, quoted=True)
            assert mine is not None
            proof = "equal by the join" if known.same((id(mine), name), (id(source), other)) else ""
            if not proof and isinstance(node.parent, exp.Count) and known.never_null(node) and never_null(known, source, other):
                proof = "both are never NULL"
            if isinstance(node.parent, exp.Select) and node.arg_key == "expressions" and names.scopes[0] is not scope:
                value = exp.alias_(value, node.name, quoted=True)
            yield Edit(node, value, equal=proof)
            made += 1
            if made == most:
                return


def group_keys(scope: Scope) -> list[exp.Expr]:
    group = scope.select.args.get("group")
    return list(group.expressions) if group is not None else []


def is_shown(key: exp.Expr, select: exp.Select) -> bool:
    """Whether a sort key is one of the outputs."""
    texts = {write(e.unalias(), "") for e in select.expressions} | {e.alias for e in select.expressions if e.alias}
    return write(key, "") in texts or constant(key) is not None


def outermost(tree: exp.Expr) -> exp.Expr:
    while isinstance(tree, exp.Subquery | exp.Paren):
        tree = tree.this
    return tree

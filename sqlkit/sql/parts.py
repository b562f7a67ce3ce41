"""A query taken apart into what can be compared: tables, joins, predicates, aggregates, grouping, order, limit.

Names are made comparable first: aliases give way to table names, ordinals and output aliases to what they stand for,
literals to their plain text, `x BETWEEN a AND b` to two comparisons, `5 < x` to `x > 5`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from sqlkit.sql.parse import nodes, parse_one

_WRITE: Any = DuckDB().generator(comments=False)
_FLIPPED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE, exp.EQ: exp.EQ, exp.NEQ: exp.NEQ,
}  # fmt: skip
_SIGNS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.GT: ">", exp.LTE: "<=", exp.GTE: ">=",
    exp.Like: "LIKE", exp.ILike: "ILIKE", exp.Is: "IS",
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Predicate:
    """One condition: `subject sign value`; a condition of another form is all subject."""

    subject: str
    sign: str = ""
    value: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.subject, self.sign, self.value) if part)


@dataclasses.dataclass
class Parts:
    """`outputs`, `order`, `limit`, `distinct` are those of the outermost query; the rest is gathered from all of it."""

    tables: Counter[str] = dataclasses.field(default_factory=Counter)
    joins: Counter[Predicate] = dataclasses.field(default_factory=Counter)
    join_kinds: Counter[str] = dataclasses.field(default_factory=Counter)
    outputs: list[str] = dataclasses.field(default_factory=list)
    aggregates: Counter[tuple[str, str]] = dataclasses.field(default_factory=Counter)
    predicates: Counter[Predicate] = dataclasses.field(default_factory=Counter)
    connectives: Counter[str] = dataclasses.field(default_factory=Counter)
    groups: Counter[str] = dataclasses.field(default_factory=Counter)
    windows: Counter[str] = dataclasses.field(default_factory=Counter)
    set_operations: Counter[str] = dataclasses.field(default_factory=Counter)
    distinct: bool = False
    order: list[str] = dataclasses.field(default_factory=list)
    limit: str = ""
    vague: bool = False  # some column's table cannot be told from the text


@functools.lru_cache(64)  # a gold is compared with several predictions
def take_apart(sql: str, *, bare: bool = False, dialect: str = "duckdb") -> Parts:
    """The parts of a query, shared and not to be changed; `bare` leaves the tables off the columns. Raises SqlglotError."""
    tree: exp.Expr = parse_one(sql, dialect)
    parts = Parts()
    inside = nodes(tree)
    common = {cte.alias_or_name.lower() for cte in inside if isinstance(cte, exp.CTE)}
    for select in [node for node in inside if isinstance(node, exp.Select)]:
        parts.vague |= _name_columns(select, common, bare)
    tree = _plain(tree)
    inside = nodes(tree)
    for table in [node for node in inside if isinstance(node, exp.Table)]:
        if isinstance(table.this, exp.Identifier) and table.name.lower() not in common:
            parts.tables[table.name.lower()] += 1
    for select in [node for node in inside if isinstance(node, exp.Select)]:
        _joins(select, parts)
        for part in ("where", "having", "qualify"):
            if select.args.get(part):
                _predicates(select.args[part].this, parts)
        _groups(select, parts)
    for aggregate in [node for node in inside if isinstance(node, exp.AggFunc)]:  # those of HAVING and ORDER BY count as predicate and order
        inner = aggregate.this
        distinct = isinstance(inner, exp.Distinct)
        argument = ", ".join(text(e) for e in inner.expressions) if distinct else text(inner) if inner else "*"
        name = aggregate.sql_name().upper() + (" DISTINCT" if distinct else "")
        if not isinstance(aggregate.parent, exp.Window) and not aggregate.find_ancestor(exp.Having, exp.Order):
            parts.aggregates[name, argument] += 1
    for window in [node for node in inside if isinstance(node, exp.Window)]:
        parts.windows[text(window)] += 1
    for operation in [node for node in inside if isinstance(node, exp.SetOperation)]:
        parts.set_operations[operation.key.upper() + ("" if operation.args.get("distinct") else " ALL")] += 1
    _top(tree, parts)
    return parts


def text(node: exp.Expr) -> str:
    """An expression as comparable text; a subquery inside it is only said to be there, its parts stand elsewhere."""

    if any(isinstance(inner, exp.Query) for inner in nodes(node)):
        node = node.copy().transform(lambda n: exp.Var(this="(subquery)") if isinstance(n, exp.Query) else n, copy=False)
    return str(_WRITE.generate(node, copy=False))


def _name_columns(select: exp.Select, common: set[str], bare: bool) -> bool:
    """Qualify a scope's columns by table name, in place; True when some table remains unknown."""
    sources: dict[str, str] = {}
    for source in _sources(select):
        if isinstance(source, exp.Table) and source.name.lower() not in common:
            sources[source.alias_or_name.lower()] = source.name.lower()
        else:
            sources[source.alias_or_name.lower()] = ""  # a subquery's or CTE's own name says nothing
    vague = False
    for column in [node for node in nodes(select) if isinstance(node, exp.Column)]:
        scope = column.find_ancestor(exp.Select)
        name = column.table.lower()
        if bare:
            table = ""
        elif name in sources:
            table = sources[name]
        elif name or scope is not select:
            continue
        elif len(sources) == 1:
            table = next(iter(sources.values()))
        else:
            vague, table = True, ""
        if isinstance(column.this, exp.Identifier):
            column.replace(exp.column(column.name.lower(), table=table or None, quoted=False))
    return vague


def _sources(select: exp.Select) -> Iterator[exp.Expr]:
    origin = select.args.get("from_")
    if origin is not None:
        yield origin.this
    for join in select.args.get("joins") or ():
        yield join.this


def _plain(tree: exp.Expr) -> exp.Expr:
    """Take off what is only spelling, from the leaves up."""
    for node in reversed(nodes(tree)):
        new = _plainer(node)
        if new is node:
            continue
        if node is tree:
            tree = new
        else:
            node.replace(new)
    return tree


def _plainer(node: exp.Expr) -> exp.Expr:
    """One node without its spelling; the node itself where there is nothing to take off."""
    inner: exp.Expr | None = node.args.get("this") if isinstance(node.args.get("this"), exp.Expr) else None
    if isinstance(node, exp.Paren) and inner is not None:
        return inner
    if isinstance(node, exp.Cast) and isinstance(inner, exp.Literal):
        return inner
    if isinstance(node, exp.Literal) and not node.is_string and len(node.name) < 7:
        try:
            return exp.Literal.number(f"{float(node.name):g}")
        except ValueError:
            return node
    if isinstance(node, exp.Count) and isinstance(inner, exp.Literal):
        return exp.Count(this=exp.Star())
    flipped = _FLIPPED.get(type(node))
    if flipped and isinstance(inner, exp.Literal) and not isinstance(node.args["expression"], exp.Literal):
        return flipped(this=node.args["expression"], expression=inner)
    return node


def _joins(select: exp.Select, parts: Parts) -> None:
    for join in select.args.get("joins") or ():
        if join.side:
            parts.join_kinds[join.side.upper()] += 1
        for column in join.args.get("using") or ():
            parts.joins[Predicate(f"USING ({column.name.lower()})")] += 1
        if join.args.get("on"):
            for condition in _leaves(join.args["on"]):
                if isinstance(condition, exp.EQ) and isinstance(condition.expression, exp.Column):
                    left, right = sorted((text(condition.this), text(condition.expression)))
                    parts.joins[Predicate(left, "=", right)] += 1
                else:
                    _predicates(condition, parts)


def _leaves(condition: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(condition, exp.And | exp.Or):
        yield from _leaves(condition.this)
        yield from _leaves(condition.expression)
    else:
        yield condition


def _predicates(condition: exp.Expr, parts: Parts) -> None:
    for connective in condition.find_all(exp.Or):
        parts.connectives[connective.key.upper()] += 1
    for leaf in _leaves(condition):
        for predicate in _predicate(leaf, ""):
            columns = isinstance(leaf, exp.EQ) and all(
                isinstance(leaf.args[k], exp.Column) for k in ("this", "expression")
            )
            if columns:
                left, right = sorted((predicate.subject, predicate.value))
                parts.joins[Predicate(left, "=", right)] += 1
            else:
                parts.predicates[predicate] += 1


def _predicate(leaf: exp.Expr, negation: str) -> Iterator[Predicate]:
    if isinstance(leaf, exp.Not):
        if isinstance(leaf.this, exp.And | exp.Or):
            yield Predicate(text(leaf))
        else:
            yield from _predicate(leaf.this, "" if negation else "NOT ")
    elif type(leaf) in _SIGNS:
        yield Predicate(text(leaf.this), negation + _SIGNS[type(leaf)], text(leaf.expression))
    elif isinstance(leaf, exp.Between) and not negation:
        yield Predicate(text(leaf.this), ">=", text(leaf.args["low"]))
        yield Predicate(text(leaf.this), "<=", text(leaf.args["high"]))
    elif isinstance(leaf, exp.In):
        values = sorted(map(text, leaf.expressions)) or ["(subquery)"]
        sign = f"{negation}IN" if len(values) > 1 or values == ["(subquery)"] else "<>" if negation else "="
        yield Predicate(text(leaf.this), sign, ", ".join(values))
    else:
        yield Predicate(negation + text(leaf))


def _groups(select: exp.Select, parts: Parts) -> None:
    group = select.args.get("group")
    if group is None:
        return
    if group.args.get("all"):
        keys = [column.unalias() for column in select.expressions if not column.find(exp.AggFunc)]
    else:
        keys = [_meant(key, select) for key in group.expressions]
    parts.groups.update(map(text, keys))


def _meant(key: exp.Expr, query: exp.Expr) -> exp.Expr:
    """The output expression that an ordinal or an output alias stands for; else the key itself."""
    shown = query.selects if isinstance(query, exp.Query) else []
    if isinstance(key, exp.Literal) and key.name.isdigit() and 0 < int(key.name) <= len(shown):
        return shown[int(key.name) - 1].unalias()
    if isinstance(key, exp.Column):
        return next((c.unalias() for c in shown if c.alias and c.alias.lower() == key.name.lower()), key)
    return key


def _top(tree: exp.Expr, parts: Parts) -> None:
    held = {part: tree.args.get(part) for part in ("order", "limit", "offset")}
    while isinstance(tree, exp.Subquery):  # parentheses around the whole: what stands outside them comes first
        tree = tree.this
        held = {part: value or tree.args.get(part) for part, value in held.items()}
    order, limit, offset = held.values()
    if isinstance(tree, exp.Query):
        parts.outputs = [text(column.unalias()) for column in tree.selects]
    parts.distinct = tree.args.get("distinct") is not None and isinstance(tree, exp.Select)
    for key in order.expressions if order else ():
        body = key.this if isinstance(key, exp.Ordered) else key
        parts.order.append(text(_meant(body, tree)) + (" DESC" if key.args.get("desc") else ""))
    count = limit.args.get("expression") or limit.args.get("count") if limit else None
    parts.limit = (text(count) if count else "") + (f" OFFSET {text(offset.expression)}" if offset else "")

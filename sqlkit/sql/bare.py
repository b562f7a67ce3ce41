"""SQLite's bare columns: neither grouped nor aggregated, taken from one row of the group (https://www.sqlite.org/quirks.html)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlkit.sql.typed import TypedTree

EXTREME = "a column beside MIN or MAX is taken from any row of the extreme"
ANY_ROW = "a column that is not grouped is taken from any row of the group"


def settle_bare_columns(select: exp.Select, typed: TypedTree) -> set[str]:
    """Give every bare column its aggregate; returns what SQLite leaves open by it."""
    order = select.args.get("order")
    calls = [call for part in _parts(select) for call in _inside(part, exp.AggFunc)]
    group = select.args.get("group")
    if not group and not calls:
        return _ordered_distinct(select, order, typed) if order and select.args.get("distinct") else set()
    if group:
        _expand_star(select, typed)
    keys = [_meant(select, key, typed) for key in (group.expressions if group else [])]
    only = calls[0] if len(calls) == 1 and isinstance(calls[0], exp.Min | exp.Max) else None
    found = [_settle(column, keys, only, typed) for part in _parts(select) for column in list(_ungrouped(part, keys))]
    return {reason for reason in found if reason}


def _parts(select: exp.Select) -> list[exp.Expr]:
    return [*select.selects, *(select.args[name] for name in ("having", "order") if select.args.get(name))]


def _meant(select: exp.Select, key: exp.Expr, typed: TypedTree) -> exp.Expr:
    """The expression that a position or an alias in GROUP BY stands for."""
    if isinstance(key, exp.Literal) and not key.is_string and 0 < int(key.name) <= len(select.selects):
        output: exp.Expr = select.selects[int(key.name) - 1].unalias()
        return output
    if isinstance(key, exp.Column) and not key.table and id(key) not in typed.owners:
        return next((e.this for e in select.selects if isinstance(e, exp.Alias) and e.alias.lower() == key.name.lower()), key)
    return key


def _settle(column: exp.Expr, keys: list[exp.Expr], extreme: exp.Expr | None, typed: TypedTree) -> str:
    """Replace one column; returns what is left open, or ''."""
    if id(column) not in typed.owners:  # an output's alias, or a column of a SELECT around this one
        return ""
    name, table = typed.owners[id(column)]
    grouped = {k.name.lower(): k for k in keys if isinstance(k, exp.Column) and typed.owners.get(id(k), ("", ""))[0] == name}
    if column.name.lower() in grouped:  # a key, written otherwise
        key = grouped[column.name.lower()]
        column.set("table", key.args["table"].copy() if key.table else None)
        return ""
    if extreme is not None and isinstance(extreme.this, exp.Column):
        if extreme.this == column:
            typed.put(column, typed.copy(extreme), typed.of(column))
            return ""
        call = "ARG_MAX_NULL" if isinstance(extreme, exp.Max) else "ARG_MIN_NULL"
        made = exp.Anonymous(this=call, expressions=[typed.copy(column), typed.copy(extreme.this)])
        typed.put(column, made, typed.of(column))
        return EXTREME
    typed.put(column, exp.First(this=typed.copy(column)), typed.of(column))
    return "" if typed.keys.get(table) and typed.keys[table] <= grouped.keys() else ANY_ROW


def _ordered_distinct(select: exp.Select, order: exp.Expr, typed: TypedTree) -> set[str]:
    """DISTINCT ordered by what it does not show: a GROUP BY, ordered by one row of each group."""
    shown = [e.unalias() for e in select.selects]
    names = {e.alias_or_name.lower() for e in select.selects}
    hidden = [
        key.this
        for key in order.expressions
        if key.this not in shown and not isinstance(key.this, exp.Literal) and key.this.name.lower() not in names
    ]
    if not hidden or any(e.is_star for e in shown):
        return set()
    select.set("distinct", None)
    select.set("group", exp.Group(expressions=[typed.copy(e) for e in shown]))
    found = [_settle(column, shown, None, typed) for key in hidden for column in list(_inside(key, exp.Column))]
    return {reason for reason in found if reason}


def _expand_star(select: exp.Select, typed: TypedTree) -> None:
    """SELECT * under GROUP BY by its columns, so that the bare ones can be told."""
    if not any(isinstance(e, exp.Star) for e in select.selects):
        return
    made: list[exp.Expr] = []
    for output in select.selects:
        made += typed.all_columns(select) if isinstance(output, exp.Star) else [output]
    select.set("expressions", made)


def _ungrouped(node: exp.Expr, keys: list[exp.Expr]) -> Iterator[exp.Expr]:
    if node in keys or isinstance(node, exp.Query | exp.AggFunc | exp.Filter | exp.Window):
        return
    if isinstance(node, exp.Column):
        yield node
    for child in node.iter_expressions():
        yield from _ungrouped(child, keys)


def _inside(node: exp.Expr, kind_of: type[exp.Expr]) -> Iterator[exp.Expr]:
    """Nodes of a kind that belong to this SELECT, not to one inside it."""
    if isinstance(node, kind_of):
        yield node
    elif not isinstance(node, exp.Query | exp.Window):
        for child in node.iter_expressions():
            yield from _inside(child, kind_of)

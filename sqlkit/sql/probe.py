"""What a gold query fixes about the order of its rows, and whether it fixes its rows at all.

A grader must know which rows of the gold are tied in the outermost ORDER BY and what lies beyond a LIMIT. `probe`
rewrites the gold so that one execution shows both: the LIMIT goes, and sort keys that are not in the output are
added behind it. `other_orders` makes the same query read its tables in other orders: a result that changes was not
determined by the query.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

from sqlglot import exp

from sqlkit.sql.guard import made_of
from sqlkit.sql.parse import SqlglotError, nodes, parse_one, view_one
from sqlkit.sql.text import write

PAST = 50  # rows past a LIMIT that are asked for first: ties seldom reach further
_LIMITS = ("duckdb", "sqlite", "postgres", "mysql")  # where a LIMIT stands at the end

# Their value is another one at every call: no gold may rest on them.
_VOLATILE = {"random", "rand", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "setseed"}
# Their value is another one at another time: a gold that shows it cannot be compared.
_CLOCK = {
    "now", "current_timestamp", "current_time", "localtimestamp", "localtime", "current_localtimestamp", "current_localtime",
    "transaction_timestamp", "get_current_timestamp", "get_current_time", "sysdate", "current_datetime",
}  # fmt: skip
# Their value depends on the order in which rows arrive, unless an ORDER BY inside them is total.
_ARRIVAL = {
    "first", "last", "any_value", "arbitrary", "array_agg", "list", "group_concat", "string_agg", "arg_max", "arg_min",
    "max_by", "min_by", "mode", "approx_quantile", "reservoir_quantile", "approx_top_k", "json_group_array", "row_number", "ntile", "lag", "lead", "first_value", "last_value", "nth_value",
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Probe:
    """`sql` is the query without LIMIT and OFFSET, with `appended` sort keys behind its own columns.

    `first` is `sql` with a LIMIT of `reach` rows, a little past the query's own: most ties end there; '' where there is none.
    `keys` are the sort keys in order: a column's position (0-based, in the output of `sql`; negative counts from the
    end), or a column's name. `offset` None: it is an expression. `volatile` names functions that make the result
    random; `clock` says that it asks for the time; `fragile` says that something below the top may depend on the order in
    which rows are read.
    """

    sql: str
    first: str = ""
    reach: int = 0
    ordered: bool = False
    limited: bool = False
    offset: int | None = 0
    keys: tuple[int | str, ...] = ()
    appended: int = 0
    exact: bool = True
    volatile: tuple[str, ...] = ()
    clock: bool = False
    fragile: bool = False

    @property
    def plain(self) -> bool:
        """Neither order nor limit at the top: the rows are a bag and nothing more need be run."""
        return not self.ordered and not self.limited


@functools.lru_cache(256)
def probe(sql: str, dialect: str = "duckdb") -> Probe:
    """Look at a query's outermost ORDER BY, LIMIT and OFFSET; one that cannot be parsed, or written anew, is taken as it is."""
    try:
        return _look(sql, dialect)
    except (SqlglotError, RecursionError):
        return Probe(sql, exact=False)


def _look(sql: str, dialect: str) -> Probe:
    tree = _outermost(view_one(sql, dialect))
    inside = nodes(tree)
    names = {_function(node) for node in inside if isinstance(node, exp.Func)}
    volatile = tuple(sorted(names & _VOLATILE)) + (("sample",) if any(isinstance(n, exp.TableSample) for n in inside) else ())
    order, limit, offset = (tree.args.get(part) for part in ("order", "limit", "offset"))
    sort_keys = order.expressions if order else []
    keys, extra, exact = _keys(tree, sort_keys)
    fragile = _fragile(inside, names) or (bool(sort_keys) and _merged_away(tree, keys, exact))
    exact = exact and not (limit is not None and not sort_keys and _ordered_inside(tree))
    wanted = _number(limit.expression) if isinstance(limit, exp.Limit) and keys and dialect in _LIMITS else None
    skipped = _number(offset.expression) if offset else 0
    reach = 0 if wanted is None or skipped is None else skipped + wanted + PAST
    first = ""
    if limit is not None or offset is not None or extra:
        gold, changed = sql, _outermost(parse_one(sql, dialect))
        for part in ("limit", "offset"):
            changed.set(part, None)
        if extra:
            changed.set("expressions", [*changed.expressions, *extra])
        sql = made_of(gold, write(changed, dialect, copy=False), dialect)
        first = made_of(gold, f"{sql}\nLIMIT {reach}", dialect) if reach else ""
    return Probe(
        sql=sql,
        first=first,
        reach=reach,
        ordered=bool(sort_keys),
        limited=limit is not None or offset is not None,
        offset=skipped,
        keys=keys,
        appended=len(extra),
        exact=exact,
        volatile=volatile,
        clock=bool(names & _CLOCK),
        fragile=fragile,
    )


def orders_rows(sql: str, dialect: str = "duckdb") -> bool:
    """Whether any ORDER BY of a query (not of a window or an aggregate) could have ordered its rows."""
    try:
        tree = view_one(sql, dialect)
        return any(isinstance(order.parent, exp.Query | exp.Subquery) for order in nodes(tree) if isinstance(order, exp.Order))
    except (SqlglotError, RecursionError):
        return False


def other_orders(sql: str, dialect: str = "duckdb") -> list[str]:
    """The same query over tables whose rows come in other orders; empty where that cannot be written.

    First from the last row to the first, then shuffled: a choice in the middle may survive the one but not the other.
    """
    return list(_other_orders(sql, dialect))


@functools.lru_cache(256)  # a query is asked of every database
def _other_orders(sql: str, dialect: str) -> tuple[str, ...]:
    try:
        return tuple(made_of(sql, text, dialect) for text in _reordered(parse_one(sql, dialect), dialect))
    except (SqlglotError, RecursionError):
        return ()


def _reordered(tree: exp.Expr, dialect: str) -> Iterator[str]:
    inside = nodes(tree)
    placed = _asks_place(inside)
    if placed and dialect != "duckdb":
        return  # elsewhere a row's number may be its key
    sources = through_subqueries(inside)
    for key in ("rowid", "rowid * 7919 % 10007") if sources else ():
        for source, name in sources:
            ranked = (key.replace("rowid", f"{exp.to_identifier(name, quoted=True)}.rowid") if placed else key) + " DESC"
            source.set("order", _by(ranked).copy())
            if placed:
                source.set("expressions", [exp.Star(), *parse_one(f"SELECT ROW_NUMBER() OVER (ORDER BY {ranked}) - 1 AS rowid").args["expressions"]])
        yield write(tree, dialect)


def through_subqueries(inside: list[exp.Expr]) -> list[tuple[exp.Select, str]]:
    """Read every table through a subquery, in place; the subqueries and their tables' names, none where that cannot be written."""
    common = {cte.alias_or_name.lower() for cte in inside if isinstance(cte, exp.CTE)}
    found = []
    for table in [node for node in inside if isinstance(node, exp.Table)]:
        if not isinstance(table.this, exp.Identifier) or (table.name.lower() in common and not table.args.get("db")):
            continue
        if any(table.args.get(part) for part in ("joins", "pivots", "sample", "laterals")):
            return []
        alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
        source = exp.Table(**{part: table.args.get(part) for part in ("this", "db", "catalog")})
        select = exp.Select(expressions=[exp.Star()]).from_(source, copy=False)
        table.replace(exp.Subquery(this=select, alias=alias.copy()))
        found.append((select, table.name))
    return found


@functools.lru_cache(64)
def _by(keys: str) -> exp.Expr:
    """An ORDER BY clause; shared, to be copied."""
    order = view_one(f"SELECT 1 ORDER BY {keys}").args["order"]
    assert isinstance(order, exp.Expr)
    return order


def same_query(one: str, other: str, dialect: str = "duckdb") -> bool:
    """Whether two texts are the same query but for spaces, case of names and comments: then no data can tell them apart."""
    if one.strip() == other.strip():
        return True
    try:
        if type(view_one(one, dialect)) is not type(view_one(other, dialect)):
            return False
        trees = parse_one(one, dialect), parse_one(other, dialect)
        for name in (n for tree in trees for n in tree.find_all(exp.Identifier) if not n.quoted):
            name.set("this", name.name.lower())
        return trees[0] == trees[1]
    except (SqlglotError, RecursionError):
        return False


def _outermost(tree: exp.Expr) -> exp.Expr:
    """The query itself, without parentheses that carry nothing of their own."""
    while isinstance(tree, exp.Subquery) and not any(tree.args.get(p) for p in ("order", "limit", "offset", "with_")):
        tree = tree.this
    return tree


def _ordered_inside(tree: exp.Expr) -> bool:
    """Whether a query reads from a subquery that is ordered: DuckDB keeps that order, so a LIMIT is no free choice."""
    source = tree.args.get("from_")
    return source is not None and isinstance(source.this, exp.Subquery) and source.this.this.args.get("order") is not None


def _keys(tree: exp.Expr, sort_keys: list[exp.Expr]) -> tuple[tuple[int | str, ...], list[exp.Expr], bool]:
    """Where each sort key stands in the output; those that stand nowhere come back as columns to append.

    The last value is False when a key cannot be shown without changing what the query returns.
    """
    shown = tree.expressions if isinstance(tree, exp.Select) else []
    starred = any(column.is_star for column in shown) or not shown
    merged = not isinstance(tree, exp.Select) or _plain_distinct(tree)
    aliases = {column.alias.lower(): i for i, column in enumerate(shown) if column.alias} if not starred else {}
    bodies = {column.unalias(): i for i, column in reversed(list(enumerate(shown)))} if sort_keys and not starred else {}
    keys: list[int | str] = []
    extra: list[exp.Expr] = []
    exact = True
    for ordered in sort_keys:
        key = ordered.this if isinstance(ordered, exp.Ordered) else ordered
        position = _number(key)
        plain_name = key.name.lower() if isinstance(key, exp.Column) and not key.table else ""
        if isinstance(key, exp.Var) and key.name.upper() == "ALL":
            keys.append("*")
        elif position is not None:
            keys.append(position - 1)
        elif plain_name in aliases:
            keys.append(aliases[plain_name])
        elif key in bodies:
            keys.append(bodies[key])
        elif not merged:
            extra.append(exp.alias_(key.copy(), f"sort_key_{len(extra)}"))
            keys.append(-len(extra))
        elif isinstance(key, exp.Column):
            keys.append(key.name.lower())
        else:
            exact = False
    total = len(extra)  # counted from the end only now that the number is known
    return tuple(-(total + 1 + k) if isinstance(k, int) and k < 0 else k for k in keys), extra, exact


def _merged_away(tree: exp.Expr, keys: tuple[int | str, ...], exact: bool) -> bool:
    """Whether DISTINCT merges rows that differ in a sort key: which of them orders the result is then left open."""
    if not isinstance(tree, exp.Select) or not _plain_distinct(tree) or any(column.is_star for column in tree.expressions):
        return False
    return not exact or any(isinstance(key, str) and key != "*" for key in keys)


def _plain_distinct(select: exp.Select) -> bool:
    distinct = select.args.get("distinct")
    return distinct is not None and not distinct.args.get("on")


def _fragile(inside: list[exp.Expr], names: set[str]) -> bool:
    if names & _ARRIVAL:
        return True
    for node in inside:
        if isinstance(node, exp.Query):
            if _distinct_on(node) or (node is not inside[0] and (node.args.get("limit") or node.args.get("offset"))):
                return True
        elif isinstance(node, exp.Window) and node.args.get("spec"):
            return True
    return _asks_place(inside)


def _asks_place(inside: list[exp.Expr]) -> bool:
    """Whether a query asks where rows are stored (https://duckdb.org/docs/stable/sql/statements/select: row ids)."""
    return any(isinstance(node, exp.Column) and node.name.lower() == "rowid" for node in inside)


def _distinct_on(node: exp.Expr) -> bool:
    distinct = node.args.get("distinct")
    return isinstance(distinct, exp.Distinct) and distinct.args.get("on") is not None


def _function(node: exp.Expr) -> str:
    return node.name.lower() if isinstance(node, exp.Anonymous) else str(getattr(node, "sql_name", str)()).lower()


def _number(node: exp.Expr | None) -> int | None:
    """The value of an integer literal, else None."""
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
        return int(node.name)
    return None

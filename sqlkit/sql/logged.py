"""Statements as logs have them: split, sorted out, normalised, and with their values taken out.

A value that was taken out is a slot; what may be put into it is told by what it is compared with.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from sqlkit.sql.canonical import canonical
from sqlkit.sql.parse import SqlglotError, parse_all, parse_one
from sqlkit.sql.style import spell

_COMPARISONS: dict[type[exp.Expr], str] = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
_FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_MOMENTS = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime, exp.CurrentDatetime, exp.Rand, exp.Uuid, exp.CurrentUser)
_MOMENT_NAMES = {"now", "random", "rand", "uuid", "sysdate", "getdate", "utc_timestamp", "unix_timestamp", "curdate", "gen_random_uuid"}
_SYSTEM_SCHEMAS = {"information_schema", "pg_catalog", "mysql", "performance_schema", "sys", "account_usage", "pg_toast"}
_SYSTEM_TABLE = re.compile(r"(pg|sqlite|duckdb|innodb)_\w+|jobs(_by_\w+)?|query_history", re.I)
# strings, quoted names, dollar-quoted text and comments hold semicolons that end nothing
_TOKEN = re.compile(r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|(\$(?:[A-Za-z_]\w*)?\$).*?\1|--[^\n]*|#[^\n]*(?=\n|\Z)|/\*.*?\*/|;|\$\d+", re.S)


class Unusable(ValueError):
    """A statement that makes no example; the text is the reason, a phrase that is counted."""


@dataclasses.dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value. use: =, <>, <, <=, >, >=, in, low, high, like, limit, offset; `table` and `column` what it is
    compared with; through: '' for the column itself, else lower, upper, year, month, count, sum, avg, min, max."""

    use: str
    table: str = ""
    column: str = ""
    through: str = ""


def statements(text: str) -> Iterator[str]:
    """The statements of a text, each without its semicolon, comments kept; empty ones left out."""
    start = 0
    for found in _TOKEN.finditer(text):
        if found[0] == ";":
            if body := text[start : found.start()].strip():
                yield body
            start = found.end()
    if body := text[start:].strip():
        yield body


def normalise(sql: str, tables: Mapping[str, Sequence[str]], dialect: str) -> str:
    """A logged statement as a query in the kit's style over `tables`, with $n, ?, :name and @name all written as ?.

    Raises Unusable with the reason: not a SELECT, a system statement, another database, and the like.
    """
    # sqlglot reads '$1,$2' as the start of a dollar-quoted text
    sql = _TOKEN.sub(lambda token: f" :p{token[0][1:]} " if re.fullmatch(r"\$\d+", token[0]) else token[0], sql)
    try:
        found = parse_all(sql, dialect)
    except (SqlglotError, RecursionError, ValueError):
        found = []
    if len(found) != 1:
        word = re.match(r"\s*(?:/\*.*?\*/|--[^\n]*\n|\s)*(\w+)", sql, re.S)
        raise Unusable("not a SELECT" if word and word[1].upper() not in {"SELECT", "WITH", "FROM"} else "cannot be parsed")
    tree = found[0].copy()
    if not isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery):
        raise Unusable("not a SELECT")
    if tree.find(exp.Insert, exp.Update, exp.Delete, exp.Into, exp.Command):
        raise Unusable("not a SELECT")
    _check_tables(tree, tables)
    if tree.find(*_MOMENTS) or any(f.name.lower() in _MOMENT_NAMES for f in tree.find_all(exp.Anonymous)):
        raise Unusable("depends on the moment or on chance")
    if tree.find(exp.Hint):
        for select in tree.find_all(exp.Select):
            select.set("hint", None)
    for select in tree.find_all(exp.Select):
        select.set("locks", None)
    for parameter in list(tree.find_all(exp.Parameter, exp.Placeholder, exp.SessionParameter)):
        if isinstance(parameter, exp.SessionParameter):
            raise Unusable("a system statement")
        parameter.replace(exp.Placeholder())
    if tree.args.get("limit") and not tree.args.get("order") and isinstance(tree, exp.Select):
        raise Unusable("LIMIT without ORDER BY")
    return canonical(spell(tree), tables)


def _check_tables(tree: exp.Expression, tables: Mapping[str, Sequence[str]]) -> None:
    """Take schema names off the tables that are known. Raises Unusable for others."""
    known = {name.lower() for name in tables}
    common = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    there = [t for t in tree.find_all(exp.Table)]
    if not any(t.name.lower() in known for t in there):
        plain = [t for t in there if isinstance(t.this, exp.Identifier)]
        system = not plain or any(_SYSTEM_TABLE.fullmatch(t.name) or t.db.lower() in _SYSTEM_SCHEMAS for t in plain)
        raise Unusable("a system statement" if system else "tables that the database does not have")
    for table in there:
        name = table.name.lower()
        if table.db.lower() in _SYSTEM_SCHEMAS:
            raise Unusable("a system statement")
        if name in known:
            for column in tree.find_all(exp.Column):
                if column.args.get("db") and column.table.lower() == name:
                    column.set("db", None)
                    column.set("catalog", None)
            table.set("db", None)
            table.set("catalog", None)
        elif name not in common and isinstance(table.this, exp.Identifier):
            raise Unusable("tables that the database does not have")


def masked(sql: str) -> str:
    """The query with ? for every value that is compared with something; lists of values are of one length."""
    tree = parse_one(sql).copy()
    for node in list(tree.find_all(exp.Literal)):
        holder = node.parent.parent if isinstance(node.parent, exp.Cast | exp.Neg) else node.parent
        if isinstance(holder, exp.In | exp.Between | exp.Like | exp.ILike | exp.Limit | exp.Offset) or type(holder) in _COMPARISONS:
            node.replace(exp.Placeholder())
    for listed in tree.find_all(exp.In):
        values = listed.expressions
        if values and all(isinstance(v, exp.Placeholder) for v in values):
            listed.set("expressions", [exp.Placeholder()])
    return spell(tree)


def slots(sql: str, tables: Mapping[str, Sequence[str]]) -> list[Slot]:
    """The places of the ? of a normalised query, in the order of its text. Raises Unusable for one of unknown meaning."""
    return [slot_of(node, tables) for node in _holes(parse_one(sql))]


def slot_of(node: exp.Expression, tables: Mapping[str, Sequence[str]]) -> Slot:
    """What a placeholder or a literal of a query is compared with. Raises Unusable where that is no column."""
    columns = {name.lower(): {c.lower(): c for c in there} for name, there in tables.items()}
    return _slot(node, columns, {name.lower(): name for name in tables})


def fill(sql: str, values: Sequence[str]) -> str:
    """The query with its ? replaced by SQL literals, in the order of `slots`."""
    tree = parse_one(sql).copy()
    for node, literal in zip(_holes(tree), values, strict=True):
        node.replace(parse_one(f"SELECT {literal}").expressions[0])
    return spell(tree)


def _holes(tree: exp.Expression) -> list[exp.Expression]:
    return [node for node in tree.walk(bfs=False) if isinstance(node, exp.Placeholder)]


def _slot(node: exp.Expression, columns: Mapping[str, Mapping[str, str]], real: Mapping[str, str]) -> Slot:
    inner: exp.Expr = node
    holder: exp.Expr = node.parent or node
    while isinstance(holder, exp.Cast | exp.Paren | exp.Lower | exp.Upper):
        inner, holder = holder, holder.parent or holder
    if isinstance(holder, exp.Limit | exp.Offset):
        return Slot(holder.key)
    if isinstance(holder, exp.Between):
        use, other = ("low" if inner is holder.args["low"] else "high"), holder.this
    elif isinstance(holder, exp.In):
        use, other = "in", holder.this
    elif isinstance(holder, exp.Like | exp.ILike):
        use, other = "like", holder.this
    elif type(holder) in _COMPARISONS:
        use = _COMPARISONS[type(holder)]
        other = holder.expression
        if inner is holder.expression:
            other = holder.this
        else:
            use = _FLIPPED.get(use, use)
    else:
        raise Unusable("a parameter whose value cannot be known")
    if inner is other:
        raise Unusable("a parameter whose value cannot be known")
    return _compared(use, other, columns, real)


def _compared(use: str, other: exp.Expression, columns: Mapping[str, Mapping[str, str]], real: Mapping[str, str]) -> Slot:
    through = ""
    while not isinstance(other, exp.Column):
        if isinstance(other, exp.Count):
            return Slot(use, through="count")
        if isinstance(other, exp.Lower | exp.Upper | exp.Year | exp.Month | exp.Sum | exp.Avg | exp.Min | exp.Max) and not through:
            through = other.key
        elif isinstance(other, exp.Extract) and not through and other.name.lower() in {"year", "month"}:
            through, other = other.name.lower(), other.expression
            continue
        elif not isinstance(other, exp.Cast | exp.Paren | exp.TsOrDsToDate | exp.Date):
            raise Unusable("a parameter whose value cannot be known")
        other = other.this
    table, name = _owner(other, columns)
    if not table:
        raise Unusable("a parameter whose value cannot be known")
    return Slot(use, real[table], columns[table][name], through)


def _owner(column: exp.Column, columns: Mapping[str, Mapping[str, str]]) -> tuple[str, str]:
    """Lower-case table and name of what a column reads; '' where that is no table of the schema."""
    name, wanted = column.name.lower(), column.table.lower()
    select = column.find_ancestor(exp.Select)
    while select is not None:
        parts = [select.args.get("from_"), *(select.args.get("joins") or [])]
        for source in (part.this for part in parts if part is not None):
            if isinstance(source, exp.Table) and wanted in ("", source.alias_or_name.lower()):
                if name in columns.get(source.name.lower(), {}):
                    return source.name.lower(), name
        select = select.find_ancestor(exp.Select)
    return "", name

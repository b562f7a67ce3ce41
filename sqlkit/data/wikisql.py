"""WikiSQL's rows as SQL: from its structure, or from its text, which has no quotes.

https://github.com/salesforce/WikiSQL: {"sel": 5, "agg": 3, "conds": [[0, 0, "SOUTH"]]}, by position in `header`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_AGGREGATES = ("", "MAX", "MIN", "COUNT", "SUM", "AVG")
_SIGNS = ("=", ">", "<", "OP")
_TYPES = {"real": "DOUBLE", "number": "DOUBLE"}


def wikisql_row(row: Mapping[str, Any]) -> tuple[str, str]:
    """(CREATE TABLE text, SQL) of a row; keys sql, table, headers as the descriptor names them.

    Raises ValueError with the reason when the text cannot be read for certain.
    """
    table, sql = row.get("table"), row.get("sql")
    if isinstance(table, Mapping):  # as published: the table is an object with header and types
        columns = list(zip(table["header"], table["types"], strict=False))
        name = str(table.get("id") or "table")
    else:
        columns = [(str(c[0]), str(c[1])) for c in row.get("headers") or ()]
        name = str(table or "table")
    if not columns or len({c.lower() for c, _ in columns}) < len(columns):
        raise ValueError("WikiSQL: a table without columns, or with two of one name")
    name = re.sub(r"\W+", "_", name if name.startswith("table") else f"table_{name}")
    listed = ", ".join(f"{_name(c)} {_TYPES.get(kind, 'VARCHAR')}" for c, kind in columns)
    ddl = f"CREATE TABLE {_name(name)} ({listed})"
    return ddl, _structure(sql, columns, name) if isinstance(sql, Mapping) else _text(str(sql), columns, name)


def _structure(sql: Mapping[str, Any], columns: list[tuple[str, str]], table: str) -> str:
    conds = sql["conds"]
    if isinstance(conds, Mapping):  # the hub keeps them as columns
        conds = list(zip(conds["column_index"], conds["operator_index"], conds["condition"], strict=True))
    told = [(columns[i], _SIGNS[sign], str(cell)) for i, sign, cell in conds]
    return _spell(_AGGREGATES[sql["agg"]], columns[sql["sel"]][0], table, told)


def _text(sql: str, columns: list[tuple[str, str]], table: str) -> str:
    """SELECT COUNT Nation FROM t WHERE No. = 3 AND Club Team = Butler CC, read by the names that the header has."""
    found = re.match(r"SELECT (.*?) FROM \S+(?: WHERE (.*?))?\s*(?:</s>)?$", sql.strip(), re.S | re.I)
    if not found:
        raise ValueError("WikiSQL: text that is not of its form")
    selected, where = found[1].strip(), found[2] or ""
    aggregate, _, rest = selected.partition(" ")
    names = {c.lower(): (c, t) for c, t in columns}
    if selected.lower() in names:
        aggregate, rest = "", selected
    if rest.lower() not in names or aggregate not in _AGGREGATES:
        raise ValueError("WikiSQL: a column that the header does not have")
    told = []
    ordered = sorted(names, key=lambda name: -len(name))
    condition = re.compile(r"\s*(" + "|".join(map(re.escape, ordered)) + r")\s*([=<>])\s*", re.I)
    starts = [m for m in re.finditer(r"(?:^| AND )(?=" + condition.pattern + ")", where, re.I)]
    for i, start in enumerate(starts):
        head = condition.match(where, start.end())
        if head is None:
            raise ValueError("WikiSQL: a condition that cannot be read")
        end = starts[i + 1].start() if i + 1 < len(starts) else len(where)
        told.append((names[head[1].lower()], head[2], where[head.end() : end].strip()))
    if where and (not starts or starts[0].start() != 0 or not all(cell for _, _, cell in told)):
        raise ValueError("WikiSQL: a condition that cannot be read")
    return _spell(aggregate, names[rest.lower()][0], table, told)


def _spell(aggregate: str, column: str, table: str, conditions: list[tuple[tuple[str, str], str, str]]) -> str:
    shown = f"{aggregate}({_name(column)})" if aggregate else _name(column)
    parts = []
    for (name, kind), sign, cell in conditions:
        if sign not in "=<>":
            raise ValueError("WikiSQL: an operator without a meaning")
        number = re.fullmatch(r"-?\d+(\.\d+)?", cell.replace(",", "")) is not None
        if sign != "=" and not number:
            raise ValueError("WikiSQL: text compared by size")
        bare = number and (kind in _TYPES or sign != "=")
        left = _name(name) if kind in _TYPES or sign == "=" else f"TRY_CAST({_name(name)} AS DOUBLE)"
        right = cell.replace(",", "") if bare else "'" + cell.replace("'", "''") + "'"
        parts.append(f"{left} {sign} {right}")
    return f"SELECT {shown} FROM {_name(table)}" + (f" WHERE {' AND '.join(parts)}" if parts else "")


def _name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) and name.islower() else '"' + name.replace('"', '""') + '"'

"""Rarer forms of queries over one scope, for `scoped`: bands, windows, groups of groups, outer joins, EXISTS, a row against its group.

Each is Lark text over the rules of a scope that `scoped` explains: f FROM, w WHERE, c condition, o one value of a row, u a
column or a part of a date, e and x aggregates, b any aggregate; V any column, M measures, D dates, K keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

COMPARE = '(" = " | " <> " | " > " | " >= " | " < " | " <= ")'
BAND = "BAND: /'[a-zA-Z][a-zA-Z0-9 -]{0,20}'/"
SETS = '(" UNION " | " INTERSECT " | " EXCEPT ")'
AGGREGATES = '("SUM(" | "AVG(" | "MIN(" | "MAX(" | "MEDIAN(")'


def windows(s: str, S: str) -> Iterator[str]:
    """v: a rank, a figure of the row's group or a running total beside the columns of a row."""
    parts = f'" OVER (PARTITION BY " u{s} (", " u{s})*'
    yield (
        f'v{s}: ("RANK()" | "DENSE_RANK()" | "ROW_NUMBER()") ({parts} " ORDER BY " | " OVER (ORDER BY ") o{s} " DESC"? ")"'
        f' | {AGGREGATES} M{S} ")" {parts} ")" | "SUM(" M{S} ")" " OVER (ORDER BY " D{S} (", " V{S})? ")"'
    )


def bands(s: str) -> Iterator[str]:
    """gz: rows counted in named bands of a measure."""
    yield f'z{s}: "CASE" (" WHEN " c{s} " THEN " BAND)+ (" ELSE " BAND)? " END"'
    yield f'gz{s}: "SELECT " z{s} (", " b{s})+ " FROM " f{s} w{s}? " GROUP BY 1"'


def steps(s: str, keys: Sequence[str], beside: str) -> Iterator[str]:
    """s: groups made in a first step, compared in a second: WITH t1 AS (SELECT ... AS q, ... AS n ...) SELECT q FROM t1 WHERE n > ...

    keys: what groups may go by, as Lark; SELECT and GROUP BY name the same; beside: a key before a name that is not unique, or ''.
    """
    for i, key in enumerate(keys):
        group = f'" FROM " f{s} w{s}? " GROUP BY " {beside} {key} ")" " SELECT "'
        yield (
            f's{s}x{i}: "WITH t1 AS (SELECT " {key} " AS q, " x{s} " AS n" ({group} ("q" (", n")? | "COUNT(*)" | "AVG(n)" | "MAX(n)" | "MIN(n)")'
            f' | ", " x{s} " AS m" {group} ("q, m" | "m")) " FROM t1"'
            f' (" WHERE n" {COMPARE} (NUMBER | "(SELECT " ("AVG(" | "MAX(" | "MIN(" | "MEDIAN(") "n" ") FROM t1)"))?'
        )
    yield f"s{s}: {' | '.join(f's{s}x{i}' for i in range(len(keys)))}"


def sets(columns: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """sets: two queries of one column of the same kind. columns: by kind, then by scope, as Lark."""
    for kind, found in columns.items():
        yield f"one_{kind}: " + " | ".join(f'"SELECT " ({names}) " FROM " f{s} w{s}?' for s, names in found.items())
    yield "sets: " + " | ".join(f"one_{kind} {SETS} one_{kind}" for kind in columns)


def outer(s: str, parent: str, child: str, on: str, near: str, keys: Sequence[str], beside: str) -> Iterator[str]:
    """j: rows of a parent with the number of their children, none included; those that have, or lack, children by EXISTS.

    parent, child, on: Lark for the tables' names and the condition of the join; near: the scope of the parent alone; keys: the
    parent's columns that name a row; beside: as in `steps`.
    """
    S, N = s.upper(), near.upper()
    join = f'" FROM " {parent} " LEFT JOIN " {child} " ON " {on}'
    counts = [f'"SELECT " {key} ", " "COUNT(" V{S} ")" {join} " GROUP BY " {beside} {key}' for key in keys]
    yield (
        f'j{s}: "SELECT " ("COUNT(*)" | V{N} (", " V{N})*) " FROM " {parent} " WHERE " (t{near} " AND ")* "NOT "? "EXISTS(SELECT 1 FROM " {child}'
        f' " WHERE " {on} (" AND " t{s})* ")"' + "".join(f" | {count}" for count in counts)
    )


def inside_group(s: str, table: str, measures: Sequence[tuple[str, str]], groups: Sequence[tuple[str, str]]) -> Iterator[str]:
    """k: rows of a table, as t1, against a figure over the rows of their group.

    table: Lark for its name; measures: columns alone and behind the table's name; groups: behind the table's name and behind t1.
    """
    ties = " | ".join(f'{far} " = " {near}' for far, near in groups)
    tests = " | ".join(
        f'{alone} {COMPARE} "(SELECT " ("AVG(" | "MAX(" | "MIN(") {far} ")" " FROM " {table} " WHERE " ti{s} ")"' for alone, far in measures
    )
    yield f"ti{s}: {ties}"
    yield f"kt{s}: {tests}"
    yield f'kc{s}: "SELECT " ("COUNT(*)" | V{s.upper()} (", " V{s.upper()})*) " FROM " {table} " AS t1 WHERE " kt{s} (" AND " t{s})*'

"""Rarer forms of queries over one scope, for `scoped`: bands, windows, groups of groups, outer joins, EXISTS, a row against its group.

Each is Lark text over the rules of a scope that `scoped` explains: f FROM, w WHERE, c condition, o one value of a row, u a
column or a part of a date, e and x aggregates, b any aggregate; V any column, M measures, D dates, K keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

COMPARE = '(" = " | " <> " | " > " | " >= " | " < " | " <= ")'
BAND = "BAND: /'[a-zA-Z][a-zA-Z0-9 -]{0,20}'/"
SETS = '(" UNION " | " UNION ALL " | " INTERSECT " | " EXCEPT ")'
_AGGREGATES = '("SUM(" | "AVG(" | "MIN(" | "MAX(" | "MEDIAN(")'


def windows(s: str, S: str) -> Iterator[str]:
    """v: a rank, a figure of the row's group or a running total beside the columns of a row."""
    parts = f'" OVER (PARTITION BY " u{s} (", " u{s})*'
    yield (
        f'v{s}: ("RANK()" | "DENSE_RANK()" | "ROW_NUMBER()") ({parts} " ORDER BY " | " OVER (ORDER BY ") o{s} " DESC"? ")"'
        f' | {_AGGREGATES} M{S} ")" {parts} ")" | "SUM(" M{S} ")" " OVER (ORDER BY " D{S} (", " V{S})? ")"'
    )


def bands(s: str, S: str) -> Iterator[str]:
    """z: names for bands of a measure; y a count of rows for each. A grammar cannot see that both CASEs are the same."""
    yield f'z{s}: "CASE" (" WHEN " c{s} " THEN " BAND)+ (" ELSE " BAND)? " END"'
    yield f'gz{s}: "SELECT " z{s} (", " b{s})+ " FROM " f{s} w{s}? " GROUP BY " z{s}'


def steps(s: str) -> Iterator[str]:
    """s: groups made in a first step and compared in a second: WITH t1 AS (SELECT ... AS q, ... AS n ...) SELECT q FROM t1 WHERE n > ..."""
    yield (
        f's{s}: "WITH t1 AS (SELECT " u{s} " AS q, " x{s} " AS n" (", " x{s} " AS m")? " FROM " f{s} w{s}? " GROUP BY " u{s} (", " u{s})* ")"'
        f' " SELECT " ("q" (", n" | ", m")? | "COUNT(*)" | "AVG(n)" | "MAX(n)" | "MIN(n)") " FROM t1"'
        f' (" WHERE n" {COMPARE} (NUMBER | "(SELECT " ("AVG(" | "MAX(" | "MIN(" | "MEDIAN(") "n" ") FROM t1)"))?'
    )


def outer(s: str, parent: str, child: str, on: str, near: str) -> Iterator[str]:
    """j: rows of a parent with the number of their children, none included; those that have, or lack, children by EXISTS.

    parent, child, on: Lark for the tables' names and the condition of the join; near: the scope of the parent alone.
    """
    S, N = s.upper(), near.upper()
    yield (
        f'j{s}: "SELECT " V{S} ", " "COUNT(" V{S} ")" " FROM " {parent} " LEFT JOIN " {child} " ON " {on} (" AND " c{s})?'
        f' " GROUP BY " V{S} (", " V{S})* (" ORDER BY " "COUNT(" V{S} ")" " DESC"? l{s}?)?'
        f' | "SELECT " ("COUNT(*)" | V{N} (", " V{N})*) " FROM " {parent} " WHERE " (t{near} " AND ")* "NOT "? "EXISTS(SELECT 1 FROM " {child}'
        f' " WHERE " {on} (" AND " t{s})* ")"'
        f' | "SELECT " ("COUNT(*)" | V{S} (", " V{S})*) " FROM " {parent} " LEFT JOIN " {child} " ON " {on} " WHERE " V{S} " IS NULL"'
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

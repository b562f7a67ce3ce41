"""What in a question supports a query: the columns it speaks of, the conditions it gives reason for, how it asks.

English cues and the linker's words, nothing learned: each function counts what speaks against a query. The weights they get are in
`sqlkit.schema.evidence`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlkit.schema.glossary import Glossary
from sqlkit.schema.link import COVER, Linked, Linker
from sqlkit.schema.said import spoken
from sqlkit.schema.words import STOP, stem, words
from sqlkit.sql.scoped import Said

_CONDITION = re.compile(r"\b(\w+) (?:=|<>|<=|>=|<|>|(?:NOT )?IN|(?:NOT )?I?LIKE|IS|BETWEEN)(?= )")
_COMPARED = re.compile(r"\b(\w+) (?:=|<>|<=|>=|<|>) (-?\d+(?:\.\d+)?)\b")
_COUNT = re.compile(r"\b(?:how (?:many|much|often)|number|no\. of|count\w*|headcount|amount|quantity|total|sum)\b", re.I)
_MEAN = re.compile(r"\b(?:average|avg|mean|typical\w*|rate|ratio|per cent|percent\w*|share|proportion)\b|%", re.I)
_DENIES = re.compile(r"\b(?:no(?!\.)|never|without|none|nobody|nothing|lack\w*|neither)\b", re.I)
_LACKS = re.compile(
    rf"{_DENIES.pattern}|\b(?:not|missing|empty|blank|un\w+|still|any|nor|current\w*|open|active|own|yet|other|except|but|exclud\w*|outside)\b|n't", re.I
)
_GROUPS = re.compile(r"\b(?:per(?! cent)|for each|for every|broken down|break\w* down|split|each)\b", re.I)
_HOW_MANY = re.compile(r"\b(?:how many|number of|count|no\. of|headcount)\b", re.I)
_EXTREME = re.compile(r"(?<!\bat )\b(?:most|least|first|last|top|worst|maximum|minimum|max|min|(?!interest|request|guest|west|rest|test)\w+est)\b", re.I)
_SPREAD = re.compile(rf"{_GROUPS.pattern}|\b(?:by|every)\b", re.I)


def missing_columns(question: str, linker: Linker, linked: Linked) -> Callable[[set[str]], int]:
    """A function from the names that a query uses to how many of the columns that the question speaks of it leaves out.

    A word may mean several columns, or the table whose rows it names: any of these will do, and so will a key that points there.
    Words that are (part of) a metric, a segment or a value are left to `evidence`.
    """
    asked = words(question)
    taken = linker.hinted(asked) | {stem(w) for _, _, value in linker.values(asked) for w in words(value)}
    shown = {t.table.name for t in linked.tables}
    nouns = linker.nouns(asked)
    groups = []
    for term in dict.fromkeys(stem(w) for w in asked if w not in STOP and not w.isdigit()):
        meant = {c for t, c, weight in linker.postings(term) if c and weight >= COVER and t in shown}
        if term in taken or not meant:
            continue
        for table in linker.schema.tables:
            if table.name in nouns.get(term, ()):
                meant |= {table.name, *table.primary_key}
            meant |= {c for key in table.foreign_keys if key.ref_table in nouns.get(term, ()) for c in key.columns}
        groups.append(meant)
    return lambda names: sum(not group & names for group in groups)


def unfounded(question: str, linker: Linker, glossary: Glossary, linked: Linked, said: Said) -> Callable[[str], int]:
    """A function from a query without qualifiers to how many of its conditions nothing in the question gives reason for."""
    asked = words(question)
    known = {column for _, column, _ in linker.values(asked)}
    known |= {c for w in asked if w not in STOP for _, c, _ in linker.postings(stem(w))}
    known |= set(re.findall(r"\w+", " ".join(sql for _, sql in linked.hints)))
    for table in linker.schema.tables:
        known |= {*table.primary_key, *(c for key in table.foreign_keys for c in key.columns)}
        known |= {c for c, of in glossary.table(table.name).columns.items() if spoken(of.values, question)}
        known |= {c.name for c in table.columns if c.kind == "date" and (said.years or said.months)}
    return lambda bare: len(set(_CONDITION.findall(bare)) & linker.columns - known)


def out_of_range(linker: Linker) -> Callable[[str], int]:
    """A function from a query without qualifiers to how many of its numbers lie beyond all that stands in their columns."""
    ranges: dict[str, tuple[float, float]] = {}
    for table, column in linker.schema.columns():
        spread = linker.profile.column(table.name, column.name).quantiles
        if spread and column.kind == "number":
            low, high = ranges.get(column.name, (float("inf"), float("-inf")))
            ranges[column.name] = min(low, float(spread[0])), max(high, float(spread[-1]))

    def count(bare: str) -> int:
        compared = ((ranges[c], float(n)) for c, n in _COMPARED.findall(bare) if c in ranges)
        return sum(not low - 1 <= number <= high + 1 for (low, high), number in compared)

    return count


def unlike(question: str, linked: Linked) -> Callable[[str], int]:
    """A function from a query to how many of the question's cues it goes against: counting, averaging, lacking, grouping."""
    counts, means, lacks, denies, groups = (bool(cue.search(question)) for cue in (_COUNT, _MEAN, _LACKS, _DENIES, _GROUPS))
    hints = " ".join(sql for _, sql in linked.hints)
    lacks, figures = lacks or "NULL" in hints or "NOT IN" in hints, "/" in hints or "AVG" in hints

    def count(sql: str) -> int:
        denied = "NOT " in sql or "IS NULL" in sql or "<>" in sql or " = 0" in sql or "EXCEPT" in sql
        return (
            (counts and not means and "COUNT(" not in sql and "SUM(" not in sql)
            + (means != ("AVG(" in sql or " / " in sql) and not figures)
            + (not lacks and ("IS NULL" in sql or "NOT IN" in sql))
            + (denies and not denied)
            + (groups and " BY " not in sql and "DISTINCT" not in sql)
            + _repeats(sql)
        )

    return count


def doubts(question: str) -> Callable[[str], int]:
    """A function from a query to how often its form is not the usual one for such a question: the most without any way to find it,
    groups that nobody asked for, more than a figure for 'how many'.
    """
    how_many, extreme, spread = (bool(cue.search(question)) for cue in (_HOW_MANY, _EXTREME, _SPREAD))

    def count(sql: str) -> int:
        one = sql.startswith(("SELECT COUNT(", "SELECT SUM("))
        return (
            (extreme and not re.search(r"LIMIT|M(?:AX|IN)\(|RANK\(|ROW_NUMBER", sql))
            + (not spread and not extreme and "GROUP BY" in sql and "HAVING" not in sql)
            + (how_many and not spread and not extreme and not one)
        )

    return count


def _repeats(sql: str) -> bool:
    """Whether a query asks twice for one thing, next to each other."""
    return bool(re.search(r"(?:SELECT |, )([\w.]+), \1\b(?! =)|\b([\w.]+ = '[^']*') AND \2(?!\w)", sql))

"""How well a query keeps to what its question says: the values, codes, years, months and numbers that both should name.

A query that leaves out a value the question names, or filters by a code it does not speak of, is less likely to be right.
Several answers of a model are weighed by this before they vote (`sqlkit.model.vote`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from sqlkit.schema.glossary import Glossary
from sqlkit.schema.link import Linker
from sqlkit.schema.said import said
from sqlkit.schema.words import stem, words

MISSING = 0.4  # for each thing the question names and the query does not
UNASKED = 0.5  # for each code the query names and the question does not
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.'])\d+(?:\.\d+)?(?![\w.'])")
_DATE = re.compile(r"^((?:19|20)\d\d)-(\d\d)-\d\d")


def evidence(question: str, linker: Linker, glossary: Glossary) -> Callable[[str], float]:
    """A function from a query to its weight, at most 1: products of `MISSING` and `UNASKED`."""
    asked = words(question)
    stems = {stem(w) for w in asked}
    linked = linker.link(question)
    named = said(question, linker)
    wanted = _wanted(linker.values(asked))
    digits = [w for w in re.findall(r"\d+(?:\.\d+)?", question.replace(",", "")) if w in named.numbers]
    hinted = {text for _, sql in linked.hints for text in _TEXT.findall(sql)}
    meanings: dict[str, list[str]] = {}
    for table in glossary.tables.values():
        for column in table.columns.values():
            for code, said_as in column.values.items():
                meanings.setdefault(code, []).extend([code, *said_as])
    spoken = {c for c, some in meanings.items() if any({stem(w) for w in words(m)} <= stems for m in some)}
    years = [y for y in named.years if re.search(rf"(?<!\d){y}(?!\d)|'{y[2:]}\b", question)]

    def weigh(sql: str) -> float:
        texts = {t.replace("''", "'") for t in _TEXT.findall(sql)}
        low = {t.lower().strip("%") for t in texts}
        numbers = set(_NUMBER.findall(sql))
        dates = [m.groups() for t in texts if (m := _DATE.match(t))]
        missing = sum(not low & group for group in wanted)
        missing += sum(y not in numbers and not _inside(y, texts) for y in years)
        missing += any(m not in numbers and all(int(m) != int(d[1]) for d in dates) for m in named.months) and len(named.months) < 4
        missing += any(n not in numbers and not _inside(n, texts) and not _near(n, numbers) for n in digits)
        unasked = sum(t in meanings and t not in spoken and t not in hinted for t in texts)
        return MISSING**missing * UNASKED**unasked

    return weigh


def _wanted(values: Iterable[tuple[str, str, str]]) -> list[set[str]]:
    """Values that a question names, lower case; what one word may mean in several columns is one group."""
    groups: dict[str, set[str]] = {}
    for _, _, value in values:
        groups.setdefault(" ".join(stem(w) for w in words(value)), set()).add(value.lower())
    return list(groups.values())


def _inside(number: str, texts: Iterable[str]) -> bool:
    return any(re.search(rf"(?<!\d)0?{re.escape(number)}(?!\d)", text) for text in texts)


def _near(number: str, numbers: set[str]) -> bool:
    """Whether the query holds the number in another unit (10 % as 0.1, 5k as 5000) or one beside it (at least 5: > 4)."""
    value = float(number)
    return any(abs(float(n) - v) < 1e-9 for n in numbers for v in (value / 100, value * 1000, value * 1e6, value - 1, value + 1))

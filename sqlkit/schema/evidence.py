"""How well a query keeps to what its question says: the values, codes, years, months, numbers and columns that both should name.

A query that leaves out a value the question names, or filters by a code it does not speak of, is less likely to be right.
Several answers of a model are weighed by this before they vote (`sqlkit.model.vote`). The weights are round figures near those that a conditional
logit (McFadden 1974) over the answers to 931 questions gave, which the model of that time had not been trained on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from sqlkit.schema.glossary import Glossary
from sqlkit.schema.link import Linker
from sqlkit.schema.named import digits, years
from sqlkit.schema.said import said, spoken
from sqlkit.schema.support import doubts, missing_columns, out_of_range, unfounded, unlike
from sqlkit.schema.words import stem, words

MISSING = 0.1  # for each thing the question names and the query does not
MEANT = 0.2  # for each metric's or segment's part that is missing, and where no code that the question speaks of is there
UNASKED = 0.2  # for each code the query names and the question does not, each cue gone against
UNFOUNDED = 0.4  # for each condition without a reason
DOUBTFUL = 0.5  # for each form that such questions seldom have
NESTED = 0.6  # for each query inside the query
LENGTH = 0.7  # for each word of the query to a word of the question
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.'])\d+(?:\.\d+)?(?![\w.'])")
_QUALIFIER = re.compile(r"\b\w+\.(?=[A-Za-z_\"])")
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"[^\W\d]\w*")
_DATE = re.compile(r"^((?:19|20)\d\d)-(\d\d)-\d\d")


def evidence(question: str, linker: Linker, glossary: Glossary) -> Callable[[str], float]:
    """A function from a query to its weight, at most 1: a product of the constants above."""
    asked = words(question)
    linked = linker.link(question)
    told = said(question, linker)
    wanted = _wanted(linker.values(asked))
    written = digits(question, told.numbers)
    hinted = {text for _, sql in linked.hints for text in _TEXT.findall(sql)}
    parts = [part for _, sql in linked.hints for part in _bare(sql).split(" WHERE ")]
    coded: set[str] = set()
    asked_for: set[str] = set()
    meant: set[str] = set()  # of tables in sight; one word may mean several of them
    for name, table in glossary.tables.items():
        for column in table.columns.values():
            codes = spoken(column.values, question)
            coded.update(column.values)
            asked_for.update(codes)
            meant.update(codes if any(t.table.name == name for t in linked.tables) else ())
    dated = years(question, told.years)

    left_out = missing_columns(question, linker, linked)
    without_reason = unfounded(question, linker, glossary, linked, told)
    beyond, against, odd = out_of_range(linker), unlike(question, linked), doubts(question)
    length = max(5, len(_WORD.findall(question)))

    def weigh(sql: str) -> float:
        texts = {t.replace("''", "'") for t in _TEXT.findall(sql)}
        low = {t.lower().strip("%") for t in texts}
        numbers = set(_NUMBER.findall(sql))
        dates = [m.groups() for t in texts if (m := _DATE.match(t))]
        missing = sum(not low & group for group in wanted)
        missing += sum(y not in numbers and not _inside(y, texts) for y in dated)
        missing += any(m not in numbers and all(int(m) != int(d[1]) for d in dates) for m in told.months) and len(told.months) < 4
        missing += any(n not in numbers and not _inside(n, texts) and not _near(n, numbers) for n in written)
        plain = _bare(sql)
        meaning = sum(part not in plain for part in parts) + (bool(meant) and not meant & texts)
        unasked = sum(t in coded and t not in asked_for and t not in hinted for t in texts)
        names = set(_NAME.findall(_TEXT.sub("", sql)))
        missing += left_out(names)
        unasked += beyond(plain) + against(sql)
        weight = MISSING**missing * MEANT**meaning * UNASKED**unasked * UNFOUNDED ** without_reason(plain)
        return float(weight * DOUBTFUL ** odd(sql) * NESTED ** (sql.count("SELECT ") - 1) * LENGTH ** (len(_WORD.findall(sql)) / length))

    return weigh


def _bare(sql: str) -> str:
    return _QUALIFIER.sub("", sql)


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

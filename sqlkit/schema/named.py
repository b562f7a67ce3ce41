"""What a question names that stands in conditions: values and codes with their places, years, months, numbers."""

from __future__ import annotations

import re

from sqlkit.schema.glossary import Glossary
from sqlkit.schema.link import Linker
from sqlkit.schema.said import phrases, said
from sqlkit.schema.words import stem, words
from sqlkit.sql.conditions import Named, Place

_TEXT = re.compile(r"'((?:[^']|'')*)'")


def named(question: str, linker: Linker, glossary: Glossary) -> Named:
    """What the words of a question mean by the values of the database and the glossary's codes; one phrase may mean several."""
    asked = words(question)
    groups: dict[str, list[Place]] = {}
    for table, column, value in linker.values(asked):
        groups.setdefault(" ".join(stem(w) for w in words(value)), []).append(Place(table, column, value))
    for name, table_words in glossary.tables.items():
        for column, of in table_words.columns.items():
            for code, phrase in phrases(of.values, question).items():
                key = " ".join(sorted(stem(w) for w in words(phrase))) if phrase else code.lower()
                groups.setdefault(key, []).append(Place(name, column, code))
    told = said(question, linker)
    settled = {text.replace("''", "'") for _, sql in linker.link(question).hints for text in _TEXT.findall(sql)}
    return Named(
        values=tuple(map(tuple, groups.values())),
        years=tuple(years(question, told.years)),
        months=told.months,
        digits=tuple(digits(question, told.numbers)),
        numbers=frozenset(told.numbers),
        settled=frozenset(settled),
    )


def years(question: str, around: tuple[str, ...]) -> list[str]:
    """Of the years that a query may hold, those that the question itself writes."""
    return [y for y in around if re.search(rf"(?<!\d){y}(?!\d)|'{y[2:]}\b", question)]


def digits(question: str, numbers: tuple[str, ...]) -> list[str]:
    """The numbers that a question writes in digits."""
    return [w for w in re.findall(r"\d+(?:\.\d+)?", question.replace(",", "")) if w in numbers]

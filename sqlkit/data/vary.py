"""A person's question asked of other values: the wording stays, "gold customers in Basel" becomes "silver customers in Lyon".

People's questions are few and precious. A small model learns them by heart, values included; with the values changed in question and
SQL alike it learns the wording. Each new query runs and gives rows, or is not used.
"""

from __future__ import annotations

import dataclasses
import datetime
import random
import re
from collections.abc import Iterator, Sequence

from sqlkit.data.filters import nice
from sqlkit.data.generate import known, verify
from sqlkit.database import Sandbox
from sqlkit.prompt import Context
from sqlkit.records import Example
from sqlkit.schema.similar import fold
from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.values import Value, values, with_values

TRIES = 4  # draws for each example that is wanted
COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def vary(
    examples: Sequence[Example], context: Context, sandbox: Sandbox, each: int, seed: int
) -> list[tuple[Example, Example]]:
    """Up to `each` further examples of every answerable one, with other values, and what each was made of. Deterministic by seed and example."""
    seen = {fold(e.question) for e in examples}
    made = []
    for example in examples:
        rng = random.Random(f"{seed} {example.id}")
        for number, (question, sql) in enumerate(_others(example, context, sandbox, each, rng, seen)):
            other = dataclasses.replace(example, id=f"{example.id}-v{number}", question=question, sql=sql, made_by="people; values changed")
            made.append((other, example))
    return made


def _others(
    example: Example, context: Context, sandbox: Sandbox, each: int, rng: random.Random, seen: set[str]
) -> Iterator[tuple[str, str]]:
    if example.sql is None:
        return
    try:
        found = values(example.sql, context.tables())
    except SqlglotError:
        return
    made = 0
    for _ in range(each * TRIES):
        question, texts = _changed(example.question, found, context, rng)
        if made == each or not texts or fold(question) in seen:
            continue
        sql = with_values(example.sql, texts)
        if verify(sql, sandbox) or not known(question, sql, context):
            continue
        seen.add(fold(question))
        made += 1
        yield question, sql


def _changed(question: str, found: Sequence[Value], context: Context, rng: random.Random) -> tuple[str, dict[int, str]]:
    """The question with other values, and the new texts of its query's literals; what the question does not say stays."""
    texts: dict[int, str] = {}
    question, moved = _years(question, found, context, rng)
    texts |= moved
    done: dict[str, str] = {}
    for position, value in enumerate(found):
        if position in texts or value.slot is None:
            continue
        if value.text in done:  # the same value twice in a query is one value of the question
            texts[position] = done[value.text]
            continue
        change = (_code(question, value, context, rng) or _name(question, value, context, rng)) if value.is_text else _number(question, value, found, rng)
        if change:
            question, new = change
            texts[position] = done[value.text] = new
    return question, texts


def _name(question: str, value: Value, context: Context, rng: random.Random) -> tuple[str, str] | None:
    """A text that the question holds as the column has it, for another of that column."""
    if value.slot is None or value.slot.use not in {"=", "<>", "in"} or value.slot.through:
        return None
    known = [v for v in context.profile.column(value.slot.table, value.slot.column).values if isinstance(v, str) and v != value.text]
    match = re.search(rf"(?<!\w){re.escape(value.text)}(?!\w)", question, re.I)
    if not match or len(value.text) < 3 or not known:
        return None
    new = rng.choice(known)
    said = new.lower() if match[0] == match[0].lower() else new
    return question[: match.start()] + said + question[match.end() :], new


def _code(question: str, value: Value, context: Context, rng: random.Random) -> tuple[str, str] | None:
    """A code whose meaning the question says, for another code with a meaning of the same kind."""
    if value.slot is None or value.slot.use not in {"=", "<>", "in"}:
        return None
    meanings = context.glossary.column(value.slot.table, value.slot.column).values
    for place, meaning in sorted(enumerate(meanings.get(value.text, ())), key=lambda m: -len(m[1])):
        match = re.search(rf"(?<!\w){re.escape(meaning)}(?=s?\b)", question, re.I)
        others = [(code, said) for code, said in meanings.items() if code != value.text and said]
        if match and others:
            code, said = rng.choice(others)
            # the meanings of a code are written in like order: noun, adjective, other names
            new = said[min(place, len(said) - 1)]
            return question[: match.start()] + (new.capitalize() if match[0][:1].isupper() and new.islower() else new) + question[match.end() :], code
    return None


def _number(question: str, value: Value, found: Sequence[Value], rng: random.Random) -> tuple[str, str] | None:
    """A number or month that stands once in the question and once in the query, for another."""
    slot, text = value.slot, value.text
    if slot is None or sum(v.text == text for v in found) > 1 or not text.replace(".", "", 1).isdigit():
        return None
    if slot.through == "month" and text.isdigit() and 1 <= int(text) <= 12:
        match = re.search(rf"\b{MONTHS[int(text) - 1]}\b", question, re.I)
        new = rng.randint(1, 12)
        said = MONTHS[new - 1].title() if match and match[0][:1].isupper() else MONTHS[new - 1]
        return (question[: match.start()] + said + question[match.end() :], str(new)) if match else None
    if slot.through in {"year", "month"} or _YEAR.fullmatch(text):
        return None
    counted = slot.use in {"limit", "offset"} or slot.through == "count" or float(text) <= 10
    fresh = str(rng.choice((2, 3, 4, 5, 6, 8, 10, 15, 20)) if counted else nice(float(text) * rng.choice((0.5, 0.8, 1.2, 1.5, 2)), rng))
    matches = list(re.finditer(rf"(?<![\w.,]){re.escape(text)}(?![\w%]|[.,]\d)", question))
    if len(matches) == 1 and fresh != text:
        return question[: matches[0].start()] + fresh + question[matches[0].end() :], fresh
    if counted and text.isdigit() and 2 <= int(text) <= 10:
        word = re.search(rf"\b{COUNTS[int(text) - 2]}\b", question, re.I)
        new = rng.randrange(len(COUNTS))
        if word and new + 2 != int(text):
            return question[: word.start()] + COUNTS[new] + question[word.end() :], str(new + 2)
    return None


def _years(question: str, found: Sequence[Value], context: Context, rng: random.Random) -> tuple[str, dict[int, str]]:
    """Every year of the question and of the query moved by the same number of years, where the question says a year."""
    shift = rng.choice((-2, -1, 1, 2))
    if not _YEAR.search(question):
        return question, {}
    texts = {}
    for position, value in enumerate(found):
        if value.is_text and re.match(r"(?:19|20)\d\d-\d\d(?!\d)", value.text):
            texts[position] = f"{int(value.text[:4]) + shift}{value.text[4:]}"
            if len(value.text) >= 10 and not _is_day(texts[position][:10]):
                return question, {}
        elif value.slot and value.slot.through == "year" and _YEAR.fullmatch(value.text):
            texts[position] = str(int(value.text) + shift)
        else:
            continue
        if not _lived(texts[position][:4], value, context):
            return question, {}
    if not texts:
        return question, {}
    return _YEAR.sub(lambda year: str(int(year[0]) + shift), question), texts


def _lived(year: str, value: Value, context: Context) -> bool:
    """Whether a year is one of those that the column spans, where that is known."""
    spread = context.profile.column(value.slot.table, value.slot.column).quantiles if value.slot else ()
    return not spread or str(spread[0])[:4] <= year <= str(spread[-1])[:4]


def _is_day(text: str) -> bool:
    try:
        return bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False

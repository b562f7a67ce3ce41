"""One sentence that answers, made from the question and the rows by template.

Nothing is said that is not in them; and the question's own words are used only when the SQL is about what they name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal

from sqlkit.query.wording import Wording, shorten
from sqlkit.records import Cell, Result
from sqlkit.schema.words import stem, words

SHOWN = 5
LONGEST_TOPIC = 120
_POLITE = re.compile(
    r"^(?:hi|hello|hey|please|pls|ok|so|well|can|could|would|will|you|i|i'd|like|want|need|to|know|tell|show|give|let|me|"
    r"us|kindly|display|return|find|get|calculate|compute|see)\b[\s,!]*",
    re.I,
)
_ASKS = r"what|which|who|whom|whose|when|where|why|how"
_THERE = re.compile(r"^how many (?P<of>.+?) (?P<be>are|were) there\b(?P<rest>.*)$", re.I)
_MANY = re.compile(r"^how many (?P<of>(?:\S+ ){0,3}?\S+) (?P<rest>(?:are|were|have|had) .+)$", re.I)
_WHAT = re.compile(r"^(?:what(?:'s| is| are| was| were)|whats) (?P<of>.+)$", re.I)
_MOST = re.compile(
    r"^(?:(?:which|what) (?:\S+ ){0,2}?\S+|who) (?P<rest>(?:has|had|have) (?:the|a|an|more|fewer|most) .+)$", re.I
)
_WHO = re.compile(r"^who (?P<rest>(?!(?:do|does|did|has|have|had|are|were|else|can|will)\b)\w+ .+)$", re.I)
_DANGLING = re.compile(r"\b(?:in|from|to|at|by|with|for|of|on)$", re.I)
_HINTS = re.compile(r"\s*(?:Candidate |LINE \d|You might|Possible solutions)")  # advice for people who wrote the SQL
_ERRORS = {
    "": "the model wrote no SQL",
    "parse": "the model's SQL is not valid",
    "bind": "the model's SQL names something that the database does not have",
    "runtime": "the query failed",
    "time": "the query took too long and was stopped",
    "memory": "the query needed too much memory and was stopped",
    "size": "the result is too large",
    "unsafe": "the model's SQL is not a read-only query over tables and was not run",
    "crash": "the database process died on the query",
}


def sentence(question: str, result: Result, wording: Wording) -> str:
    """What the rows say, in one sentence."""
    topic = _topic(question) if wording.fits(question) else ""
    rows, columns = result.rows, result.columns
    if not rows:
        return f"Nothing in the database matches: {topic}." if topic else "The query gives no rows."
    if len(rows) == 1 and all(cell is None for cell in rows[0]):
        return f"There is no value for this in the database: {topic}." if topic else "The query gives no value."
    if len(rows) == 1 and len(columns) == 1 and not result.truncated:
        return _single(topic, rows[0][0], wording.cell(rows[0][0], columns[0]))
    if len(rows) == 1 and not result.truncated:
        return _row(columns, rows[0], wording)
    return _table(result, wording)


def failure(error: str) -> str:
    """Why there is no answer."""
    kind, _, said = error.partition(":")
    said = _HINTS.split(" ".join(said.split()).removeprefix("Binder Error: ").removeprefix("Catalog Error: "))[0]
    detail = f": {shorten(said, 160)}" if kind in {"bind", "runtime", "unsafe"} and said else ""
    return f"I could not answer this, because {_ERRORS.get(kind, 'the query failed')}{detail}".rstrip(".!") + "."


def missing(question: str, refusal: str) -> str:
    """What a refusal says is missing, when it is in the question's own words; a small model makes up others."""
    reason = " ".join(refusal.strip("`*\"'. \n").partition(":")[2].split())
    asked, said = words(question), words(reason)
    mine = len(set(said)) == len(said) <= len(asked) and {stem(w) for w in said} <= {stem(w) for w in asked}
    return reason if mine else ""


def _topic(question: str) -> str:
    """The question without politeness and end marks; '' when it is too long to repeat."""
    text = " ".join(question.split()).strip(" ?!.,;:")
    while (shorter := _POLITE.sub("", text, count=1)) != text and len(shorter.split()) >= 2:
        text = shorter
    return text[:1].upper() + text[1:] if 0 < len(text) <= LONGEST_TOPIC else ""


def _single(topic: str, value: Cell, said: str) -> str:
    if not topic:
        return f"The query gives {said}."
    counted = isinstance(value, int) and not isinstance(value, bool) and value != 1
    asks = len(re.findall(rf"\b(?:{_ASKS})\b", topic, re.I))
    if counted and asks == 1 and (m := _THERE.match(topic)):
        return f"There {m['be'].lower()} {_counted(said, m['of'])}{m['rest']}."
    if (
        counted
        and asks == 1
        and (m := _MANY.match(topic))
        and not re.search(r"\b(?:do|does|did|that)\b", m["of"], re.I)
    ):
        return f"{_counted(said, m['of'])} {m['rest']}."
    if asks == 1 and (m := _WHAT.match(topic)) and not _DANGLING.search(topic):
        be = re.search(r"\b(is|are|was|were)\b", topic.split(m["of"])[0], re.I)
        return f"{m['of'][:1].upper()}{m['of'][1:]} {be[1].lower() if be else 'is'} {said}."
    if (
        isinstance(value, str)
        and asks == 1
        and not _DANGLING.search(topic)
        and (m := _MOST.match(topic) or _WHO.match(topic))
    ):
        return f"{said} {m['rest']}."
    return f"{topic}: {said}."


def _counted(said: str, noun: str) -> str:
    """'12 orders'; and '12 units' for 12 units of 'units sold'."""
    first, _, rest = noun.partition(" ")
    return " ".join(filter(None, (said, rest if said.lower().endswith(f" {first.lower()}") else noun)))


def _row(columns: Sequence[str], row: Sequence[Cell], wording: Wording) -> str:
    parts = [_labelled(name, cell, wording) for name, cell in list(zip(columns, row, strict=True))[: SHOWN + 1]]
    more = len(columns) - len(parts)
    return f"One result: {', '.join(parts)}{f', and {more} more columns' if more > 0 else ''}."


def _labelled(name: str, cell: Cell, wording: Wording) -> str:
    label = wording.label(name)
    return f"{label} {wording.cell(cell, name)}" if label else wording.cell(cell, name)


def _table(result: Result, wording: Wording) -> str:
    rows, columns = result.rows, result.columns
    count = (
        f"More than {len(rows):,} results"
        if result.truncated
        else f"{len(rows):,} results"
        if len(rows) > 1
        else "1 result"
    )
    items = [_item(columns, row, wording) for row in rows[:SHOWN]]
    if len(rows) <= SHOWN and not result.truncated:
        return f"{count}: {_join(items)}."
    amounts = None if result.truncated or len(columns) != 2 else _amounts(rows)
    if amounts is None or wording.label(columns[1]) in {"year", "month", "day", "week"} or wording.is_code(columns[1]):
        return f"{count}, beginning with {_join(items)}."
    ends = _item(columns, rows[0], wording), _item(columns, rows[-1], wording)
    if amounts[0] != amounts[-1] and amounts == sorted(amounts, reverse=True):
        return f"{count}, from {ends[0]} down to {ends[1]}."
    if amounts[0] != amounts[-1] and amounts == sorted(amounts):
        return f"{count}, from {ends[0]} up to {ends[1]}."
    high, low = (_item(columns, rows[amounts.index(pick(amounts))], wording) for pick in (max, min))
    if max(amounts) == min(amounts) or any(amounts.count(pick(amounts)) > 1 for pick in (max, min)):
        return f"{count}, beginning with {_join(items)}."
    return f"{count}; the highest is {high}, the lowest {low}."


def _amounts(rows: Sequence[Sequence[Cell]]) -> list[float] | None:
    """The second column as numbers when the first is a label and none of them is missing."""
    values = [row[1] for row in rows]
    if any(isinstance(v, bool) or not isinstance(v, int | float | Decimal) or not math.isfinite(v) for v in values):
        return None
    if any(isinstance(row[0], float | Decimal) for row in rows):
        return None
    return [float(v) for v in values]


def _item(columns: Sequence[str], row: Sequence[Cell], wording: Wording) -> str:
    first, *rest = (wording.cell(cell, name) for name, cell in zip(columns, row, strict=True))
    if not rest:
        return first
    shown = [_labelled(name, cell, wording) for name, cell in list(zip(columns, row, strict=True))[1:4]]
    return f"{first} ({', '.join(shown)}{', ...' if len(rest) > 3 else ''})"


def _join(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]

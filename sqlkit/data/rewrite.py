"""Questions in an LLM's words: kept when a second reading of them gives back equivalent SQL."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence

from sqlkit.data.generate import Progress, known
from sqlkit.data.reading import Judge, read
from sqlkit.model.teacher import Teacher
from sqlkit.prompt import Context, render
from sqlkit.records import Example, Prompt
from sqlkit.schema.similar import fold

REWRITE = (
    "You put questions to a company's database the way its people do. You are given tables, a SQL query and the question that it answers. "
    "Write the question anew: the same meaning exactly, every name, value, number, unit and period kept, no table or column names of the "
    "database. Answer with the question only, on one line."
)
WRITE = (
    "You are given tables and a SQL query. Write the question of a person at the company that this query answers: all that it filters, "
    "groups, sorts, counts and limits, every value as it is, no table or column names of the database. Answer with the question only, on one line."
)
STYLES = (
    "as a plain question", "as a request", "as a few words typed in a hurry", "as one would say it aloud to a colleague",
    "in other words than these, and in another order",
)  # fmt: skip
WORDS = (2, 70)
_NOISE = re.compile(r"<think>.*?(?:</think>|\Z)", re.S)
_LABEL = re.compile(r"^(?:the )?(?:rewritten |new )?question\s*:\s*", re.I)
_SQL = re.compile(r"\bselect\b.+\bfrom\b|```|;\s*$", re.I | re.S)


def reword(made: Sequence[Example], context: Context, judge: Judge, teacher: Teacher, dropped: Counter[str], progress: Progress | None = None) -> list[Example]:
    """The examples, with the teacher's question where it holds; the others stand as they were, counted in `dropped` by reason."""
    found = list(made)
    asked = {fold(e.question) for e in made}
    chosen = [(n, e) for n, e in enumerate(made) if e.sql is not None and "question by" not in e.made_by]

    def ask(item: tuple[int, Example]) -> tuple[str, str | None]:
        number, example = item
        question = clean(teacher.ask(_prompt(example, context, STYLES[number % len(STYLES)]), max_tokens=120))
        wanted = bool(question) and fold(question) != fold(example.question)
        return question, read(question, context, teacher) if wanted else ""

    for done, ((number, example), told) in enumerate(zip(chosen, teacher.each(ask, chosen), strict=True), 1):
        reason = _fault(example, told, context, judge, asked, teacher)
        if reason or told is None:
            dropped[f"rewriting: {reason}"] += 1
        else:
            asked.add(fold(told[0]))
            found[number] = dataclasses.replace(example, question=told[0], made_by=f"{example.made_by}; question by {teacher.name}, read back")
        if progress:
            progress(done, len(chosen))
    return found


def written(sql: str, context: Context, judge: Judge, teacher: Teacher, dropped: Counter[str]) -> str:
    """A question for a query that nothing else has words for; '' when the teacher has none that holds."""
    schema = render(sql, context).user.rpartition("\n")[0]

    def ask(text: str) -> tuple[str, str | None]:
        question = clean(teacher.ask(Prompt(WRITE, f"{schema}\nSQL: {text}"), max_tokens=120))
        return question, read(question, context, teacher) if question else ""

    (told,) = teacher.each(ask, [sql])
    reason = _fault(Example("", "", sql), told, context, judge, set(), teacher)
    if reason:
        dropped[f"written question: {reason}"] += 1
    return "" if reason or not told else told[0]


def clean(text: str) -> str:
    """The question in an answer; '' when there is none."""
    lines = [line.strip() for line in _NOISE.sub("", text).strip().splitlines() if line.strip()]
    if len(lines) != 1:
        return ""
    question = _LABEL.sub("", lines[0]).strip().strip("\"'`*").strip()
    fits = WORDS[0] <= len(question.split()) <= WORDS[1]
    return question if fits and not _SQL.search(question) and "CANNOT ANSWER" not in question.upper() else ""


def _prompt(example: Example, context: Context, style: str) -> Prompt:
    schema = render(example.question, context).user.rpartition("\n")[0]
    return Prompt(REWRITE, f"{schema}\nSQL: {example.sql}\nQuestion: {example.question}\nWrite it {style}.")


def _fault(example: Example, told: tuple[str, str | None] | None, context: Context, judge: Judge, asked: set[str], teacher: Teacher) -> str:
    if told is None:
        return "the LLM had stopped" if teacher.stopped else "the LLM refuses"
    question, sql = told
    if not question:
        return "no question in the answer"
    if fold(question) in asked:
        return "question asked before"
    if not known(question, example.sql or "", context):
        return "not in sight"
    return judge.differ(example.sql or "", sql)

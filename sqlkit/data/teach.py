"""Examples that an LLM writes over a schema: run, voted on by further readings of their questions, freed of repeats.

The vote is execution-based self-consistency (Shi et al. 2022, "Natural Language to Code Translation with Execution").
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator

from sqlkit.data.duplicates import Seen
from sqlkit.data.generate import Progress, known, verify
from sqlkit.data.reading import SAME, Judge, read
from sqlkit.data.rewrite import clean
from sqlkit.data.used import facts_in, names_of, used
from sqlkit.database import Sandbox
from sqlkit.model.teacher import Teacher
from sqlkit.prompt import Context, compose
from sqlkit.records import Example, Prompt
from sqlkit.sql.canonical import canonical
from sqlkit.sql.logged import Unusable, masked
from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.skeleton import difficulty, outline

TEACH = (
    "You make test questions for a company's database. You are given tables. Write {count} questions that people of the company would ask, "
    "each with one DuckDB query that answers it. Use only these tables and columns, and values that are shown. Every query returns some rows, "
    "and no more columns than the question asks for. Answer with one JSON object a line and nothing else: "
    '{{"question": "...", "sql": "..."}}'
)
KINDS = (
    "simple filters and counts", "totals and averages by group", "joins of two or three tables", "top lists with a limit", "dates and periods",
    "comparisons with an average, subqueries", "shares and ratios", "things that have no counterpart in another table",
)  # fmt: skip
BATCH = 5
FRUITLESS = 6  # batches in a row that bring nothing
AGREE = 0.6  # share of the readings that must return what the example's SQL returns


def teach(
    context: Context, sandbox: Sandbox, judge: Judge, teacher: Teacher, count: int, samples: int, seed: int, dropped: Counter[str],
    progress: Progress | None = None,
) -> list[Example]:  # fmt: skip
    """At most `count` examples; `samples` readings vote on each. What is not kept is counted in `dropped` by reason."""
    made: list[Example] = []
    seen, barren, batches = Seen(), 0, _batches(context, seed)
    while len(made) < count and barren < FRUITLESS and not teacher.stopped:
        before = len(made)
        ahead = [next(batches) for _ in range(min(teacher.parallel, 1 + (count - len(made)) // BATCH))]
        drafts = [draft for text in teacher.each(lambda prompt: teacher.ask(prompt, max_tokens=1200), ahead) for draft in parse(text or "", dropped)]
        fit = [(question, sql) for question, written in drafts if (sql := _fit(question, written, context, sandbox, seen, dropped))]
        for (question, sql), votes in zip(fit, teacher.each(lambda d: [read(d[0], context, teacher, n) for n in range(samples)], fit), strict=True):
            if votes is None:
                dropped["teacher: the LLM refuses or had stopped"] += 1
                continue
            right = sum(judge.differ(sql, vote) == SAME for vote in votes)
            if right < AGREE * samples:
                dropped["teacher: readings of the question disagree"] += 1
            elif len(made) < count:
                made.append(_example(len(made), question, sql, f"teacher: {teacher.name}, {right} of {samples} readings agree"))
        barren = 0 if len(made) > before else barren + len(ahead)
        if progress:
            progress(len(made), count)
    return made


def parse(text: str, dropped: Counter[str]) -> Iterator[tuple[str, str]]:
    """Questions and SQL of an answer, as JSON objects in whatever stands around them."""
    decoder, at, found = json.JSONDecoder(), 0, 0
    text = re.sub(r"<think>.*?(?:</think>|\Z)", "", text, flags=re.S)
    while (at := text.find("{", at)) >= 0:
        try:
            row, at = decoder.raw_decode(text, at)
        except ValueError:
            at += 1
            continue
        question, sql = (row.get(key) for key in ("question", "sql"))
        if isinstance(question, str) and isinstance(sql, str) and clean(question):
            found += 1
            yield clean(question), sql
    if not found:
        dropped["teacher: no examples in the answer"] += 1


def _batches(context: Context, seed: int) -> Iterator[Prompt]:
    """Prompts without end: a table and what it joins, a kind of question. The same ones for a seed, so that the cache knows them."""
    rng = random.Random(seed)
    names = [t.name for t in context.schema.tables]
    near: dict[str, set[str]] = {name: set() for name in names}
    for join in context.joins:
        for one, other in ((join.table, join.ref_table), (join.ref_table, join.table)):
            near.get(one, set()).add(other)
    while True:
        for name in rng.sample(names, len(names)):
            kind = rng.choice(KINDS)
            some = sorted(near[name])[:6]
            shown = compose("", context.linker.link(f"{kind} {name}", [name, *some])).user.rpartition("\n")[0]
            yield Prompt(TEACH.format(count=BATCH), f"{shown}\nSome values of {name}: {_values(context, name)}\nThe questions are about {name} above all: {kind}. Set {rng.randrange(1000)}.")


def _values(context: Context, name: str) -> str:
    """Some of what stands in a table, without what is hidden."""
    table = context.schema.table(name)
    seen = {c.name: context.profile.column(name, c.name).values[:4] for c in (table.columns if table else ())}
    return "; ".join(f"{column}: {', '.join(map(str, values))}" for column, values in seen.items() if values)[:1500]


def _fit(question: str, written: str, context: Context, sandbox: Sandbox, seen: Seen, dropped: Counter[str]) -> str:
    """The SQL in the kit's style when it runs, is real and new; else ''."""
    try:
        sql = canonical(written, context.tables())
        tables, hidden = tuple(used(facts_in(sql, names_of(context.schema)), context.schema)[0]), masked(sql)
    except (SqlglotError, Unusable, ValueError, RecursionError):
        dropped["teacher: SQL that cannot be parsed"] += 1
        return ""
    reason = verify(sql, sandbox) or ("" if known(question, sql, context) else "not in sight") or seen.again(question, sql, hidden, tables)
    if reason:
        dropped[f"teacher: {reason}"] += 1
    return "" if reason else sql


def _example(number: int, question: str, sql: str, made_by: str) -> Example:
    return Example(f"teach-{number:06d}", question, sql, difficulty=difficulty(sql), source="teacher", shape=f"teacher: {outline(sql)}", made_by=made_by)

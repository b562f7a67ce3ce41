"""Examples from query logs: statements grouped, their lost values drawn from the data, run, and put into questions."""

from __future__ import annotations

import dataclasses
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from sqlkit.data.filters import nice, quote
from sqlkit.data.generate import verify
from sqlkit.data.logs import Logged
from sqlkit.data.realise import word
from sqlkit.data.shapes import Draft
from sqlkit.data.world import World
from sqlkit.database import Sandbox
from sqlkit.prompt import Context
from sqlkit.records import Example
from sqlkit.schema.similar import fold
from sqlkit.schema.wording import Wordless, describe
from sqlkit.sql.canonical import canonical
from sqlkit.sql.logged import Slot, Unusable, fill, masked, normalise, slots
from sqlkit.sql.skeleton import difficulty, outline, skeleton

FILLINGS = 3  # examples of one statement, with other values
TRIES = 12  # draws of values until one gives rows
Writer = Callable[[str, str], tuple[str, str]]  # (SQL, the describer's question or '') -> (question, who wrote it)


@dataclasses.dataclass
class Group:
    """Statements that differ in their values only: as SQL with ? for these, the versions that were logged, how often."""

    masked: str
    versions: list[str] = dataclasses.field(default_factory=list)
    calls: int = 0
    logs: set[str] = dataclasses.field(default_factory=set)


def group(logged: Iterable[Logged], tables: dict[str, list[str]], dropped: Counter[str]) -> list[Group]:
    """Statements over `tables`, those called most first; what is no use is counted in `dropped` by reason."""
    groups: dict[str, Group] = {}
    seen: dict[tuple[str, str], Group | str] = {}
    for one in logged:
        key = one.dialect, one.sql
        if key not in seen:
            seen[key] = _grouped(one, tables, groups)
        found = seen[key]
        if isinstance(found, str):
            dropped[found] += 1
        else:
            found.calls += one.calls
            found.logs.add(one.log)
    return sorted(groups.values(), key=lambda g: (-g.calls, g.masked))


def _grouped(one: Logged, tables: dict[str, list[str]], groups: dict[str, Group]) -> Group | str:
    try:
        sql = normalise(one.sql, tables, one.dialect)
        found = groups.setdefault(hidden := masked(sql), Group(hidden))
    except Unusable as error:
        return str(error)
    if sql not in found.versions:
        found.versions.append(sql)
    return found


def skeletons(groups: Sequence[Group]) -> Counter[str]:
    """How often each skeleton was called: what the people of this database ask for."""
    calls: Counter[str] = Counter()
    for one in groups:
        calls[skeleton(one.masked)] += one.calls
    return calls


def mine(
    context: Context, sandbox: Sandbox, groups: Sequence[Group], seed: int, dropped: Counter[str], *, writer: Writer | None = None
) -> list[Example]:
    """Verified examples, at most `FILLINGS` of a group; each group's draws depend on the seed and itself alone."""
    world, tables = World(context), context.tables()
    made: list[Example] = []
    asked: set[str] = set()
    for one in groups:
        rng = random.Random(f"{seed} {one.masked}")
        reason = "no second wording"
        for sql in _filled(one, world, sandbox, tables, rng, dropped):
            try:
                draft = describe(sql, world, rng)
                question = word(Draft(sql, draft.phrases, draft.questions), rng)
            except Wordless as error:
                question, reason = "", f"cannot be put into words: {error}"
            question, by = writer(sql, question) if writer else (question, "")
            if not question or fold(question) in asked:
                dropped[reason if not question else "question asked before"] += 1
                continue
            asked.add(fold(question))
            made.append(
                Example(
                    f"log-{len(made):06d}", question, sql, difficulty=difficulty(sql), source="log", shape=f"log: {outline(sql)}",
                    made_by=f"log, question by {by}" if by else "log",
                )
            )
    return made


def _filled(
    one: Group, world: World, sandbox: Sandbox, tables: dict[str, list[str]], rng: random.Random, dropped: Counter[str]
) -> list[str]:
    """Queries of a group that give a real answer: as logged where they do, else with values from the data."""
    kept: list[str] = []
    reasons: Counter[str] = Counter()
    for sql in one.versions[: 2 * FILLINGS]:
        if "?" in sql and "?" in masked_only(sql):
            continue
        reason = verify(sql, sandbox)
        if not reason:
            kept.append(_without_nulls(sql, sandbox))
        reasons[reason] += 1
        if len(kept) == FILLINGS:
            return kept
    if kept or "?" not in one.masked:
        if not kept:
            dropped[f"run: {reasons.most_common(1)[0][0]}"] += 1
        return kept
    template = next((v for v in one.versions if "?" in v), one.masked)
    try:
        places = slots(template, tables)
        for _ in range(TRIES):
            sql = canonical(fill(template, [value(slot, places, world, rng) for slot in places]), tables)
            reason = "drawn before" if sql in kept else verify(sql, sandbox)
            if not reason:
                kept.append(_without_nulls(sql, sandbox))
            reasons[reason] += 1
            if len(kept) == FILLINGS or (reason and reason not in {"empty", "null", "tie", "drawn before"}):
                break
    except Unusable as error:
        dropped[str(error)] += 1
        return kept
    if not kept:
        dropped[f"run: {reasons.most_common(1)[0][0]}"] += 1
    return kept


def _without_nulls(sql: str, sandbox: Sandbox) -> str:
    """The query without NULLS FIRST and LAST, which another dialect's default needs, where that gives the same rows."""
    plain = re.sub(r" NULLS (FIRST|LAST)", "", sql)
    return plain if plain != sql and sandbox.run(plain).rows == sandbox.run(sql).rows else sql


def masked_only(sql: str) -> str:
    """The text without its strings, where a ? is a placeholder."""
    return re.sub(r"'(?:[^']|'')*'", "", sql)


def value(slot: Slot, places: Sequence[Slot], world: World, rng: random.Random) -> str:
    """A SQL literal for a slot, from what stands in the column. Raises Unusable when nothing is known of it."""
    if slot.use in {"limit", "offset"}:
        return str(rng.choice((3, 5, 10)))
    if slot.through == "count":
        return str(rng.choice((1, 2, 3, 5, 10)))
    seen = world.profile.column(slot.table, slot.column)
    column = next(c for t, c in world.schema.columns() if (t.name, c.name) == (slot.table, slot.column))
    if column.kind == "bool":
        return rng.choice(("TRUE", "FALSE"))
    if column.kind in {"number", "date"} and seen.quantiles:
        return _measured(slot, sum(p.column == slot.column and p.table == slot.table for p in places) > 1, column.kind, seen, rng)
    texts = [v for v in seen.values if isinstance(v, str)]
    if column.kind != "text" or not texts:
        raise Unusable("a parameter on a column whose values are not known")
    text = rng.choice(texts)
    if slot.use == "like":
        text = f"%{rng.choice([w for w in re.findall(r'[^%_ ]+', text) if len(w) > 2] or [text])}%"
    return quote(text.lower() if slot.through == "lower" else text.upper() if slot.through == "upper" else text)


def _measured(slot: Slot, paired: bool, kind: str, seen: object, rng: random.Random) -> str:
    """A number or date: one that is there for = and IN, else a quantile, the lower half for the start of a range."""
    values, spread = getattr(seen, "values", ()), getattr(seen, "quantiles", ())
    if slot.use in {"=", "<>", "in"} and values and slot.through in {"", "min", "max"}:
        chosen = rng.choice(values)
        return quote(chosen)
    first, last = (1, 9) if not paired and slot.use not in {"low", "high"} else (1, 4) if slot.use in {"low", ">", ">="} else (6, 9)
    drawn = spread[rng.randint(first, last)]
    if kind == "date":
        if slot.through in {"year", "month"}:
            return str(int(str(drawn)[:4] if slot.through == "year" else str(drawn)[5:7]))
        return quote(str(drawn)[:10])
    if slot.through == "sum":
        drawn = drawn * rng.choice((2, 5, 10))
    return str(nice(drawn, rng)) if abs(drawn) >= 1 else str(round(drawn, 2))

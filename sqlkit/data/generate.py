"""Generated examples over one database: drawn, run in the sandbox, kept only when the answer is real, stable and tells something."""

from __future__ import annotations

import dataclasses
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlkit.data.duplicates import Alike
from sqlkit.data.plain import plain
from sqlkit.data.realise import word
from sqlkit.data.shapes import SHAPES, Draft
from sqlkit.data.steer import Steered
from sqlkit.data.told import Mutator, Neighbours, told
from sqlkit.data.unanswerable import unanswerable
from sqlkit.data.used import facts_in, names_of, used
from sqlkit.data.wanted import Item, Wanted
from sqlkit.database import Sandbox
from sqlkit.prompt import Context
from sqlkit.records import Example, Result
from sqlkit.schema.link import Linked
from sqlkit.schema.similar import fold
from sqlkit.sight import in_sight
from sqlkit.sql.facts import Facts
from sqlkit.sql.grammar import identifier, names_in
from sqlkit.sql.skeleton import difficulty

UNANSWERABLE_SHARE = 0.12  # of the examples
WORDINGS = 3  # most wordings of one query
STEERED = 0.5  # share of draws that are led to what no example speaks of yet
DRAWS = 6  # of shapes for one item, before a plain question is asked
PLAINLY = 2  # tries of an item from which on it is asked plainly at once
TRIES = 30  # draws for each example that is wanted
LEVEL_MOST = 0.45  # share of the queries that one level of difficulty takes before more of it are left out
LEVEL_LEAST = {"hard": 0.15, "extra": 0.08}  # share below which shapes of a level are drawn twice as often
NEAR_HARDEST = {"extra": 1.0, "hard": 0.15}  # a shape that gave hard queries gives harder ones with another join
HARDEST = 0.6  # share of draws from shapes by how often they gave queries of the hardest level, while those are too few
ALIKE = 3  # groups with one value in all of them, from so many on: one order for each order id tells nothing, two equal halves may
MOST_TIMES = 4  # its share that a shape takes in those draws: where the schema has few hard shapes, one would become most of the examples
Progress = Callable[[int, int], None]
Worded = tuple[str, Linked, str]  # a question, what its prompt shows, and why it cannot be asked, or ''


@dataclasses.dataclass
class Generated:
    """`facts` are those of the queries in `made`, `linked` what the prompts of its questions show. `dropped` counts drafts by reason; `unreached` are tables, columns and keys given up, with the reason, by kind."""

    made: list[Example]
    facts: dict[str, Facts]
    dropped: Counter[str]
    neighbours: Neighbours
    unreached: dict[str, Any]
    linked: dict[str, Linked] = dataclasses.field(default_factory=dict)


def verify(sql: str, sandbox: Sandbox) -> str:
    """'' when the query runs, is not empty, not all NULL or nought, and does not cut a tie; else the reason."""
    return _amiss(sandbox.run(sql)) or _tie(sandbox.run_many(_both_ways(sql)))


def _amiss(result: Result) -> str:
    if result.error:
        return result.error.split(":")[0]
    if not result.rows:
        return "empty"
    if all(value is None for row in result.rows for value in row):
        return "null"
    if len(result.rows) == 1 and all(value is None or value == 0 for value in result.rows[0]):
        return "nought"  # 0 rows counted: any condition that nothing fulfils gives the same
    return "too many rows" if result.truncated else ""


def _both_ways(sql: str) -> list[str]:
    """A query that cuts with its ties broken both ways; none of another."""
    head, limit, tail = sql.rpartition(" LIMIT ")
    cuts = limit and "ORDER BY" in head and ")" not in tail
    return [f"{head}, 1{way} LIMIT {tail}" for way in ("", " DESC")] if cuts else []


def _tie(ways: Sequence[Result]) -> str:
    """A choice at the cut shows as a difference."""
    return "tie" if ways and (ways[0].error or Counter(ways[0].rows) != Counter(ways[1].rows)) else ""


def known(question: str, sql: str, context: Context) -> bool:
    """Whether the prompt of a question shows every table and column that its SQL names."""
    return shows(context.linker.link(question), sql, context)


def shows(linked: Linked, sql: str, context: Context) -> bool:
    """Whether a prompt of these tables and columns has every one that a query names."""
    tables = in_sight(linked, context)
    shown = {*tables, *(c for columns in tables.values() for c in columns)}
    shown |= {part for table in tables for part in table.split(".")}
    return names_in(sql) & context.linker.names <= shown


def generate(
    context: Context, sandbox: Sandbox, count: int, seed: int, *, weights: Mapping[str, float] | None = None,
    extra: float = 0.0, progress: Progress | None = None,
) -> Generated:  # fmt: skip
    """`count` verified examples. Deterministic by seed. weights: of shapes, for their own; extra: least share of queries of the hardest level."""
    sampler = _Sampler(context, sandbox, count, seed, weights or {name: weight for name, (_, weight) in SHAPES.items()}, extra)
    for _ in range(count * TRIES):
        if len(sampler.made) >= count:
            break
        before = len(sampler.made)
        sampler.step()
        if progress and len(sampler.made) > before and len(sampler.made) % 50 == 0:
            progress(len(sampler.made), count)
    return Generated(sampler.made, sampler.facts, sampler.dropped, sampler.neighbours, sampler.wanted.unreached(), sampler.linked)


class _Sampler:
    """Draws one example after the other, and remembers what there is."""

    def __init__(self, context: Context, sandbox: Sandbox, count: int, seed: int, weights: Mapping[str, float], extra: float) -> None:
        self.context, self.sandbox, self.count, self.weights, self.extra = context, sandbox, count, weights, extra
        self.rng = random.Random(seed)
        self.world = Steered(context, self.rng)
        self.wanted = Wanted(context.schema, self.rng)
        self.mutator = Mutator(context.schema)
        self.alike = Alike()
        self.made: list[Example] = []
        self.facts: dict[str, Facts] = {}
        self.linked: dict[str, Linked] = {}
        self._names = names_of(context.schema)
        self.dropped: Counter[str] = Counter()
        self.neighbours = Neighbours()
        self._verdicts: dict[str, str] = {}
        self._wordings: Counter[str] = Counter()
        self._shapes: Counter[str] = Counter()
        self._levels: Counter[str] = Counter()
        self._hardest: dict[str, float] = {}  # by shape, what its queries are worth where hard ones are wanted
        self._usual: dict[str, str] = {}  # the level that a shape had last
        places = {identifier(t.name): t.sql for t in context.schema.tables if t.schema}
        self._places = places, re.compile("|".join(map(re.escape, sorted(places, key=len, reverse=True))))

    def step(self) -> None:
        """One draw; what it gives is added to `made`, or counted in `dropped`."""
        if self._shapes["unanswerable"] < UNANSWERABLE_SHARE * len(self.made) and self.rng.random() < 0.5:
            self._refusal()
            return
        item = self._next()
        self.world.focus(item)
        shape, draft = self._draft(item)
        self.world.focus(None)
        if item is None and draft is not None:
            self._keep(shape, draft)
        elif item is not None:
            reason = self._keep(shape, draft, self.wanted.tries(item) >= PLAINLY) if draft else "the data have nothing to ask it with"
            if reason or not self.wanted.has(item):
                self.wanted.failed(item, reason or "the query does not read it")

    def _next(self) -> Item | None:
        """What to lead the draw to: now and then, and always when the examples that are left are just enough."""
        hurried = self.wanted.left() >= self.count - len(self.made)
        return self.wanted.next() if self.rng.random() < STEERED or hurried else None

    def _draft(self, item: Item | None) -> tuple[str, Draft | None]:
        """A shape's name and draft; of an item one that names it, a plain one where no shape does."""
        draws = DRAWS if item is None or self.wanted.tries(item) < PLAINLY else 0
        for _ in range(draws):
            shape = self._shape()
            try:
                draft = SHAPES[shape][0](self.world, self.rng)
            except LookupError:
                continue
            if draft is not None and (item is None or item.in_text(draft.sql)):
                return shape, draft
            if item is None:
                break
        return "plain", plain(item, self.world, self.rng) if item else None

    def _shape(self) -> str:
        """A shape by its weight, less where it has more than its share already: some are dropped more often than others."""
        total = sum(self.weights.values())
        expected = [len(self.made) * weight / total for weight in self.weights.values()]
        lead = [min(3.0, max(0.3, (1 + want) / (1 + self._shapes[name]))) for name, want in zip(self.weights, expected, strict=True)]
        queries = sum(self._levels.values())
        if self._levels["extra"] < self.extra * queries and self._hardest and self.rng.random() < HARDEST:
            due = {name: (1 + want) / (1 + self._shapes[name]) for name, want in zip(self.weights, expected, strict=True)}
            chance = {name: self.weights[name] * n / self._shapes[name] for name, n in self._hardest.items() if due[name] * MOST_TIMES > 1}
            if chance:
                return self.rng.choices(list(chance), list(chance.values()))[0]
        scarce = {level for level, least in LEVEL_LEAST.items() if self._levels[level] < least * queries}
        hard = [2 if self._usual.get(name) in scarce else 1 for name in self.weights]
        return self.rng.choices(list(self.weights), [w * x * h for w, x, h in zip(self.weights.values(), lead, hard, strict=True)])[0]

    def _keep(self, shape: str, draft: Draft, needed: bool = False) -> str:
        """Add an example of a draft; '' or why not. needed: of whatever level, for what no example speaks of."""
        sql = self._places[1].sub(lambda m: self._places[0][m[0]], draft.sql) if self._places[0] else draft.sql
        if self._wordings[sql] >= WORDINGS:
            return "asked in enough words"
        level = difficulty(sql)
        if not needed and self._levels[level] > LEVEL_MOST * sum(self._levels.values()) + 10 and self.rng.random() < 0.7:
            return self._drop(f"enough {level} queries")
        before, worded = self.rng.getstate(), None
        if sql not in self._verdicts:
            self._verdicts[sql], worded = self._verdict(sql, draft)
        if self._verdicts[sql]:
            self.rng.setstate(before)  # nothing is said of it
            return self._drop(self._verdicts[sql])
        question, linked, reason = worded or self._worded(sql, draft)
        if reason:
            return self._drop(reason)
        self.linked[question] = linked
        self.alike.add(question)
        self._wordings[sql] += 1
        self._shapes[shape] += 1
        self._levels[level] += 1
        self._usual[shape] = level
        if level in NEAR_HARDEST and shape in self.weights:
            self._hardest[shape] = self._hardest.get(shape, 0.0) + NEAR_HARDEST[level]
        found = self.facts[sql] = facts_in(sql, self._names)
        self.wanted.note(found)
        self.world.used(used(found, self.context.schema)[0])
        self.made.append(_example(len(self.made), question, sql, shape, "", level))
        return ""

    def _worded(self, sql: str, draft: Draft) -> Worded:
        question = word(draft, self.rng)
        if self.alike.again(question):
            return question, Linked(()), "nearly asked before"
        linked = self.context.linker.link(question)
        # a prompt that does not show what the answer needs teaches to guess
        return question, linked, "" if shows(linked, sql, self.context) else "not in sight"

    def _drop(self, reason: str) -> str:
        self.dropped[reason] += 1
        return reason

    def _verdict(self, sql: str, draft: Draft) -> tuple[str, Worded | None]:
        """Why a query is not kept, or ''; with its question, which is worded while the database runs its mutants."""
        (result,), mutants = self.sandbox.run_while([sql], lambda: self.mutator.mutants(sql))
        if reason := _amiss(result):
            return reason, None
        ways = _both_ways(sql)
        results, worded = self.sandbox.run_while([*ways, *mutants], lambda: self._worded(sql, draft))
        return _tie(results[: len(ways)]) or self._tells(sql, result, results[len(ways) :]), worded

    def _tells(self, sql: str, result: Result, mutants: Sequence[Result]) -> str:
        """'' when the rows tell something, and tell the query from its mutants; else the reason."""
        if "GROUP BY" in sql and len(result.rows) >= ALIKE and any(all(cell == of[0] for cell in of) for of in zip(*result.rows, strict=True)):
            return "all groups alike"
        found = told(sql, result, mutants)
        if found.tried and not found.told:
            return "same rows as its neighbours"
        self.neighbours.tried += found.tried
        self.neighbours.told += found.told
        return ""

    def _refusal(self) -> None:
        try:
            refused = unanswerable(self.world, self.rng)
        except LookupError:
            return
        if refused and fold(refused[0]) and not self.alike.again(refused[0]):
            self.alike.add(refused[0])
            self._shapes["unanswerable"] += 1
            self.made.append(_example(len(self.made), refused[0], None, "unanswerable", refused[1], "unanswerable"))


def _example(number: int, question: str, sql: str | None, shape: str, missing: str, level: str) -> Example:
    return Example(f"gen-{number:06d}", question, sql, evidence=missing, difficulty=level, source="generated", shape=shape, made_by=f"sampler:{shape}")

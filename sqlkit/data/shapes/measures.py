"""What is measured and by what it is split: aggregates, metrics, dimensions."""

from __future__ import annotations

import dataclasses
import random
import re

from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Subject
from sqlkit.data.world import Role, World
from sqlkit.schema.glossary import Metric

AGGREGATES: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("AVG", ("average", "average", "mean", "avg", "average", "typical"), 4),
    ("SUM", ("total", "total", "sum of", "overall", "combined", "total", "sum of all", "summed up"), 4),
    ("MAX", ("highest", "maximum", "largest", "max", "biggest", "greatest"), 2),
    ("MIN", ("lowest", "minimum", "smallest", "min", "least"), 2),
    ("MEDIAN", ("median",), 0.5),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Value:
    """An aggregate: SQL, words, its own conditions, its date column and whether it is just a count of rows."""

    sql: str
    said: str
    where: list[str] = dataclasses.field(default_factory=list)
    date: tuple[str, str] | None = None
    counts: bool = False

    def of(self, rows: Subject, rng: random.Random) -> str:
        """'average price of open orders', 'net revenue from customers in Basel', 'number of orders'."""
        if self.counts:
            return f"{rng.choice(('number of', 'number of', 'count of', 'total number of'))} {rows.text}"
        if not rows.where:
            return self.said
        if rows.tail and rng.random() < 0.5:
            return f"{self.said} {rows.tail}"
        return f"{self.said} {rng.choice(('of', 'of', 'for', 'across', 'over', 'from'))} {rows.text}"


def aggregate_of(world: World, scope: Scope, role: Role, rng: random.Random, kinds: str = "") -> Value:
    """An aggregate of one column; `kinds`: names of those allowed."""
    some = [a for a in AGGREGATES if not kinds or a[0] in kinds.split()]
    name, said, _ = rng.choices(some, [a[2] for a in some])[0]
    return Value(f"{name}({scope.col(*role.place)})", f"{rng.choice(said)} {world.said(*role.place, rng)}")


def metric_of(world: World, scope: Scope, name: str, rng: random.Random) -> Value:
    """A metric of the glossary with its conditions. Raises LookupError when its tables cannot be reached."""
    metric: Metric = world.glossary.metrics[name]
    where = [scope.expression(metric.where)] if metric.where else []
    scope.use(" ".join(where))
    table, _, column = metric.date.partition(".")
    date = (table, column) if column else None
    return Value(scope.expression(metric.sql), rng.choice([name, name, *metric.synonyms]), where, date)


def value(world: World, scope: Scope, rng: random.Random, counting: float = 0.0, kinds: str = "") -> Value | None:
    """A metric, an aggregate or, by the chance `counting`, the number of rows."""
    own = world.default_date(scope.root)
    date = own.place if own else None
    if rng.random() < counting:
        return Value("COUNT(*)", "", date=date, counts=True)
    metrics = [n for n, m in world.glossary.metrics.items() if m.table == scope.root] if not kinds else []
    if metrics and rng.random() < 0.6:
        return metric_of(world, scope, rng.choice(metrics), rng)
    roles = world.of(scope.root, "measure")
    if not roles:
        return Value("COUNT(*)", "", date=date, counts=True) if counting else None
    return dataclasses.replace(aggregate_of(world, scope, rng.choice(roles), rng, kinds), date=date)


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """What to group by. `by`: what GROUP BY names, `shown` what SELECT names; they differ where a name alone is not unique."""

    shown: str
    said: str
    by: str = ""
    person: bool = False

    @property
    def tail(self) -> str:
        return f"GROUP BY {self.by or self.shown}"


def dimension(world: World, scope: Scope, rng: random.Random, dates: bool = True) -> Group | None:
    """A column of the root or of a parent, or a part of a date."""
    table = scope.root
    options: list[tuple[Role, str]] = [
        (r, "") for r in world.of(table, "category", "flag") for _ in range(2 if r.role == "category" else 1)
    ]
    for parent, path in world.up(table).items():
        options += [(r, parent) for r in world.of(parent, "category", "label") for _ in range(2 if len(path) == 1 else 1)]
    date = world.default_date(table)
    if dates and date and rng.random() < 0.2:
        part = rng.choice(("YEAR", "MONTH", "QUARTER"))
        verbs = world.verbs(*date.place)
        said = part.lower()
        if rng.random() < 0.3:
            said = f"{said} of {world.said(*date.place, rng)}" if not verbs or rng.random() < 0.5 else f"{said} {rng.choice(verbs)}"
        return Group(f"{part}({scope.col(*date.place)})", said)
    if not options:
        return None
    role, parent = rng.choice(options)
    scope.used.add(f"{role.table}.{role.column.name}")
    if role.role == "label" and parent:
        return label_group(world, scope, parent, rng)
    said = world.said(role.table, role.column.name, rng)
    if role.role == "flag":
        bare = re.sub(r"^(?:is|has|was) ", "", said)
        said = rng.choice((f"{bare} status", said, f"{bare} flag"))
    elif parent and (rng.random() < 0.6 or world.unclear(world.up(table)[parent])):
        single = world.called(world.up(table)[parent], rng, many=False)
        said = rng.choice((f"{said} of the {single}", f"{single} {said}", f"{single}'s {said}"))
    return Group(scope.col(*role.place), said)


def label_group(world: World, scope: Scope, parent: str, rng: random.Random) -> Group:
    """Rows of a parent, by name and, where names repeat, by key as well."""
    single = world.called(world.up(scope.root)[parent], rng, many=False)
    label = world.label(parent)
    target = scope.col(parent, label)
    table = world.schema.table(parent)
    keys = [scope.col(parent, k) for k in table.primary_key if k != label] if table and not world.single_label(parent) else []
    said = world.said(parent, label, rng)
    return Group(
        target,
        single if rng.random() < 0.85 or said.startswith(single) else f"{single} {said}",
        ", ".join([*keys, target]) if keys else "",
        world.sort(parent) == "person",
    )

"""By month, quarter and year; running totals, changes, growth."""

from __future__ import annotations

import random

from sqlkit.data.shapes.base import Draft, ask, pick_table, shape, years
from sqlkit.data.shapes.measures import Value, value
from sqlkit.data.world import Scope, World

PERIODS = ("MONTH", "MONTH", "QUARTER")


def timed(world: World, rng: random.Random, kinds: str = "") -> tuple[Scope, Value, str, str, tuple[int, int]] | None:
    """A figure with a date: scope, figure, the date's SQL, its words ('number of orders'), the years of the data."""
    table = pick_table(world, rng)
    scope = Scope(world, table or "")
    found = value(world, scope, rng, counting=0.4, kinds=kinds) if table else None
    span = years(world, *found.date) if found and found.date else None
    if found is None or found.date is None or span is None or f"{scope.col(*found.date)} IS NULL" in " ".join(found.where):
        return None
    noun = world.noun(scope.root, rng)
    verbs = [v for v in world.verbs(*found.date) if not v.endswith("ing")] if found.counts else []
    text = (
        rng.choice((f"number of {noun}", f"number of {noun}", f"{noun} count", *(f"number of {noun} {v}" for v in verbs)))
        if found.counts
        else found.said
    )
    return scope, found, scope.col(*found.date), text, span


def short(text: str) -> tuple[str, ...]:
    """Where a split follows, 'orders' says as much as 'number of orders'."""
    return (text, text.removeprefix("number of "), text)


@shape(4)
def by_period(world: World, rng: random.Random) -> Draft | None:
    """By month or quarter of one year."""
    drawn = timed(world, rng)
    if drawn is None:
        return None
    scope, found, date, text, span = drawn
    part, year = rng.choice(PERIODS), rng.randint(*span)
    by = f"{part}({date})"
    return ask(
        scope.sql(f"{by}, {found.sql}", [*found.where, f"YEAR({date}) = {year}"], f"GROUP BY {by}"),
        rng,
        (
            "{short} [per|by|for each] {unit} in {year}",
            "{short} by {unit} [for|in|during|of] {year}",
            "{unit}ly {text} [in|for|] {year}",
            "{unit}ly {text} of {year}",
            "{short} {year} by {unit}",
            "{year} {text} per {unit}",
            "{text} {unit} by {unit} in {year}",
        ),
        (
            "what was the {text} in each {unit} of {year}?",
            "how did the {text} develop by {unit} in {year}?",
            "what was the {unit}ly {text} in {year}?",
            "[show|give|list] the {text} for each {unit} of {year}",
            "for {year}, what was the {text} per {unit}?",
            "in {year}, what was the {text} [per|by] {unit}?",
            "how did the {text} [change|evolve|look] [over the|by|across] {unit}s [of|in] {year}?",
        ),
        text=text,
        short=short(text),
        unit=part.lower(),
        year=str(year),
    )


@shape(2)
def by_year(world: World, rng: random.Random) -> Draft | None:
    """In each year."""
    drawn = timed(world, rng)
    if drawn is None:
        return None
    scope, found, date, text, _ = drawn
    return ask(
        scope.sql(f"YEAR({date}), {found.sql}", found.where, f"GROUP BY YEAR({date})"),
        rng,
        ("{short} [per|by|for each] year", "[yearly|annual] {text}", "{short} year by year", "{short} over the years", "{short} by year"),
        (
            "what was the {text} in each year?",
            "how did the {text} develop over the years?",
            "[show|list|give] the {text} [per|for each|by] year",
            "for each year, what was the {text}?",
            "what is the {text} per year?",
            "how has the {text} changed from year to year?",
        ),
        text=text,
        short=short(text),
    )


@shape(1)
def by_year_and_period(world: World, rng: random.Random) -> Draft | None:
    """In each month of each year."""
    drawn = timed(world, rng)
    if drawn is None:
        return None
    scope, found, date, text, _ = drawn
    part = rng.choice(PERIODS)
    return ask(
        scope.sql(f"YEAR({date}), {part}({date}), {found.sql}", found.where, f"GROUP BY YEAR({date}), {part}({date})"),
        rng,
        (
            "{text} [per|by|for each] year and {unit}",
            "{text} by {unit} and year",
            "{text} for each {unit} of each year",
            "{text} in every {unit} of every year",
        ),
        (
            "what was the {text} in each {unit} of each year?",
            "[show|list|give] the {text} [per|by] year and {unit}",
            "for each year and {unit}, what was the {text}?",
        ),
        text=text,
        unit=part.lower(),
    )


@shape(1.2)
def best_period(world: World, rng: random.Random) -> Draft | None:
    """The month, quarter or year with the highest or lowest figure."""
    drawn = timed(world, rng)
    if drawn is None:
        return None
    scope, found, date, text, span = drawn
    part, down = rng.choice(("MONTH", "QUARTER", "YEAR", "YEAR")), rng.random() < 0.75
    year = rng.randint(*span)
    where, when = (
        ([*found.where, f"YEAR({date}) = {year}"], f" {rng.choice(('in', 'of', 'during'))} {year}") if part != "YEAR" else (found.where, "")
    )
    by = f"{part}({date})"
    return ask(
        scope.sql(by, where, f"GROUP BY {by} ORDER BY {found.sql} {'DESC ' if down else ''}LIMIT 1"),
        rng,
        ("the {unit}{when} with the {word} {text}", "{unit} with [the |]{word} {text}{when}", "{word} {unit} by {text}{when}"),
        (
            "which {unit}{when} had the {word} {text}?",
            "in which {unit}{when} was the {text} [the |]{word}?",
            "what was the {word} {unit}{when} [by|in terms of] {text}?",
            "when was the {text} the {word}? give the {unit}{when}",
        ),
        text=text,
        unit=part.lower(),
        when=when,
        word=("highest", "largest", "best") if down else ("lowest", "smallest", "weakest"),
    )


@shape(1)
def running_total(world: World, rng: random.Random) -> Draft | None:
    """Cumulated by month or quarter of one year."""
    drawn = timed(world, rng, "SUM")
    if drawn is None or not (drawn[1].counts or drawn[1].sql.startswith("SUM(")):
        return None
    scope, found, date, text, span = drawn
    part, year = rng.choice(PERIODS), rng.randint(*span)
    by = f"{part}({date})"
    return ask(
        scope.sql(f"{by}, SUM({found.sql}) OVER (ORDER BY {by})", [*found.where, f"YEAR({date}) = {year}"], f"GROUP BY {by}"),
        rng,
        (
            "[running total|cumulative sum] of {text} [per|by] {unit} in {year}",
            "[cumulative|cumulated|accumulated] {text} by {unit} [in|for] {year}",
            "{unit}ly running total of {text} for {year}",
            "year to date {text} at each {unit} of {year}",
        ),
        (
            "what is the [cumulative|running|accumulated] {text} by {unit} in {year}?",
            "how did the {text} [add up|accumulate] over the {unit}s of {year}?",
            "[show|give me] the running total of {text} [per|by] {unit} [in|for] {year}",
        ),
        text=text,
        unit=part.lower(),
        year=str(year),
    )


@shape(1)
def change(world: World, rng: random.Random) -> Draft | None:
    """Against the period before, as a difference."""
    drawn = timed(world, rng)
    if drawn is None:
        return None
    scope, found, date, text, span = drawn
    part, year = rng.choice(PERIODS), rng.randint(*span)
    by = f"{part}({date})"
    return ask(
        scope.sql(f"{by}, {found.sql} - LAG({found.sql}) OVER (ORDER BY {by})", [*found.where, f"YEAR({date}) = {year}"], f"GROUP BY {by}"),
        rng,
        (
            "change in {text} from {unit} to {unit} in {year}",
            "{unit} over {unit} change [of|in] {text} in {year}",
            "{unit}-on-{unit} [difference|change] in {text}, {year}",
            "difference in {text} to the {unit} before, {year}",
        ),
        (
            "how did the {text} change from [one {unit} to the next|{unit} to {unit}] in {year}?",
            "by how much did the {text} change each {unit} of {year} [compared to|against|versus] the {unit} before?",
            "[show|give me] the change in {text} [per|for each] {unit} of {year} [compared to|versus] the previous {unit}",
        ),
        text=text,
        unit=part.lower(),
        year=str(year),
    )


@shape(0.8)
def growth(world: World, rng: random.Random) -> Draft | None:
    """Against the year before, in percent."""
    drawn = timed(world, rng)
    if drawn is None:
        return None
    scope, found, date, text, _ = drawn
    by = f"YEAR({date})"
    sql = f"({found.sql})" if " / " in found.sql or " * " in found.sql.split("(")[0] else found.sql
    return ask(
        scope.sql(f"{by}, 100.0 * ({sql} / LAG({sql}) OVER (ORDER BY {by}) - 1)", found.where, f"GROUP BY {by}"),
        rng,
        (
            "[growth|change] of {text} year over year in percent",
            "year-over-year [growth|growth rate] of {text} in percent",
            "[yearly|annual] growth of {text} in percent",
            "percent change in {text} against the year before, per year",
            "yoy growth of {text}",
        ),
        (
            "by how many percent did the {text} [grow|change] each year?",
            "what is the [annual|yearly|year over year] growth rate of {text}?",
            "how fast did the {text} grow from year to year, in percent?",
            "[show|calculate] the percentage change in {text} from year to year",
        ),
        text=text,
    )

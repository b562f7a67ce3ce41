"""A span of time: years, quarters, months, days, open ends."""

from __future__ import annotations

import calendar
import datetime
import random

from sqlkit.data.filters.base import Filter
from sqlkit.data.scope import Scope
from sqlkit.data.world import Role, World

MONTHS = list(calendar.month_name)[1:]


def window(world: World, scope: Scope, role: Role, rng: random.Random, plain: bool = False) -> Filter | None:
    """A span of time on a date column; `plain` when the question need not name the column."""
    table, column = role.place
    spread = [str(q) for q in world.profile.column(table, column).quantiles]
    if len(spread) < 11:
        return None
    first = datetime.date.fromisoformat(spread[0][:10])
    last = datetime.date.fromisoformat(spread[10][:10])
    if (last - first).days < 40:
        return None
    target, said = scope.col(table, column), world.said(table, column, rng)
    picked = datetime.date.fromisoformat(rng.choice(spread[1:10])[:10])
    sql, texts = span(target, picked, rng)
    verbs = world.verbs(table, column)
    if plain:
        after: tuple[str, ...] = tuple(texts) * 2 + tuple(f"{verb} {text}" for verb in verbs[:3] for text in texts[:2])
        return Filter(sql, (), after, f"{table}.{column}", front=tuple(texts[:4]))
    after = tuple(
        form
        for text in texts[:4]
        for form in (f"with {said} {text}", f"with a {said} {text}", f"whose {said} is {text}", f"where {said} is {text}")
    )
    if verbs:
        who = "who" if world.sort(table) == "person" else "that"
        after = tuple(
            form
            for verb in verbs
            for text in texts[:5]
            for form in (f"{verb} {text}", f"{who} were {verb} {text}" if verb[-2:] == "ed" and who == "that" else f"{verb} {text}")
        )
    return Filter(sql, (), after, f"{table}.{column}")


def span(target: str, picked: datetime.date, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """A window around a date: SQL and the ways to say it."""
    year, month = picked.year, picked.month
    name = MONTHS[month - 1]
    quarter = (month - 1) // 3 + 1
    ordinal = ("first", "second", "third", "fourth" if rng.random() < 0.5 else "last")[quarter - 1]
    style = rng.random()
    if style < 0.36:
        return f"YEAR({target}) = {year}", (
            f"in {year}",
            f"in {year}",
            f"during {year}",
            f"in the year {year}",
            f"for {year}",
            f"from {year}",
            f"over the course of {year}",
        )
    if style < 0.56:
        sql = f"YEAR({target}) = {year} AND MONTH({target}) = {month}"
        return sql, (
            f"in {name} {year}",
            f"in {name[:3]} {year}",
            f"during {name} {year}",
            f"in {name.lower()} {year}",
            f"in {year}-{month:02}",
            f"for {name} {year}",
            f"in the month of {name} {year}",
            f"from {name} {year}",
            f"in {name} of {year}",
            f"in {month:02}/{year}",
        )
    if style < 0.67:
        sql = f"YEAR({target}) = {year} AND QUARTER({target}) = {quarter}"
        return sql, (
            f"in Q{quarter} {year}",
            f"in the {ordinal} quarter of {year}",
            f"in q{quarter} {year}",
            f"during Q{quarter} of {year}",
            f"in quarter {quarter} of {year}",
            f"in {year} Q{quarter}",
            f"for Q{quarter} {year}",
        )
    if style < 0.78:
        return _open_end(target, picked, rng)
    day = picked.isoformat()
    pretty = rng.choice((day, f"{name} {picked.day}, {year}", f"{picked.day} {name} {year}", f"{name[:3]} {picked.day} {year}"))
    if style < 0.84:
        return f"{target} > '{day}'", (f"after {pretty}", f"later than {pretty}", f"after {pretty}")
    if style < 0.9:
        return f"{target} < '{day}'", (f"before {pretty}", f"earlier than {pretty}", f"prior to {pretty}")
    if style < 0.93:
        last = picked + datetime.timedelta(days=rng.choice((30, 60, 90, 180)))
        # the day after the last one, so that times on the last day count too
        sql = f"{target} >= '{day}' AND {target} < '{(last + datetime.timedelta(days=1)).isoformat()}'"
        late = rng.choice((last.isoformat(), f"{last.day} {MONTHS[last.month - 1]} {last.year}"))
        return sql, (
            f"between {pretty} and {late}",
            f"from {pretty} to {late}",
            f"from {pretty} until {late}",
            f"from {pretty} through {late}",
        )
    if style < 0.97 and month < 12:
        later = min(month + rng.randint(1, 4), 12)
        sql = f"YEAR({target}) = {year} AND MONTH({target}) BETWEEN {month} AND {later}"
        return sql, (
            f"between {name} and {MONTHS[later - 1]} {year}",
            f"from {name} to {MONTHS[later - 1]} {year}",
            f"from {name[:3]} through {MONTHS[later - 1][:3]} {year}",
        )
    return f"YEAR({target}) BETWEEN {year - 1} AND {year}", (
        f"from {year - 1} to {year}",
        f"in {year - 1} and {year}",
        f"between {year - 1} and {year}",
        f"in {year - 1} or {year}",
    )


def _open_end(target: str, picked: datetime.date, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Since or before the start of a year or a month."""
    year, month, name = picked.year, picked.month, MONTHS[picked.month - 1]
    style = rng.random()
    if style < 0.35:
        return f"{target} >= '{year}-01-01'", (
            f"since {year}",
            f"from {year} on",
            f"since the start of {year}",
            f"from {year} onwards",
            f"in {year} or later",
            f"since the beginning of {year}",
        )
    if style < 0.5:
        return f"YEAR({target}) > {year}", (f"after {year}", f"later than {year}", f"after the year {year}")
    if style < 0.8:
        return f"{target} < '{year}-01-01'", (f"before {year}", f"earlier than {year}", f"prior to {year}", f"until the end of {year - 1}")
    return f"{target} >= '{year}-{month:02}-01'", (
        f"since {name} {year}",
        f"from {name} {year} on",
        f"since {name[:3]} {year}",
        f"since the start of {name} {year}",
    )

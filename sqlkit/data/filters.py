"""Conditions: each an SQL expression and the several ways people put it."""

from __future__ import annotations

import calendar
import dataclasses
import datetime
import random
from collections.abc import Callable

from sqlkit.data.world import Role, Scope, World

MONTHS = list(calendar.month_name)[1:]


@dataclasses.dataclass(frozen=True, slots=True)
class Filter:
    """`before` stands before the noun ("shipped orders"), `after` behind it ("orders from Lyon"); one is used."""

    sql: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    key: str = ""


def quote(value: object) -> str:
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def case(value: str, rng: random.Random) -> str:
    """A value as people type it: mostly as it stands, at times in lower case."""
    return value.lower() if rng.random() < 0.25 else value


def nice(number: float, rng: random.Random) -> int | float:
    """A round number near the given one."""
    if abs(number) < 1:
        return round(number, 2)
    if abs(number) < 20:
        return round(number)
    digits = len(str(int(abs(number))))
    return int(round(number, -(digits - rng.choice((1, 2)))))


def category(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A code or a text value: equal, not equal or one of two."""
    table, column = role.place
    named = world.glossary.column(table, column)
    values = [v for v in world.profile.column(table, column).values if isinstance(v, str)]
    target = scope.col(table, column)
    said = world.said(table, column, rng)
    if named.values:
        known = {code: meanings for code, meanings in named.values.items() if meanings and (not values or code in values)}
        if not known:
            return None
        code = rng.choice(list(known))
        word = rng.choice(known[code])
        value = quote(int(code)) if role.column.kind == "number" and code.isdigit() else quote(code)
        if rng.random() < 0.12:
            return Filter(
                f"{target} <> {value}", (f"non-{word}", f"not {word}"),
                (f"that are not {word}", f"whose {said} is not {word}", f"except {word} ones"), f"{table}.{column}",
            )
        if len(known) > 2 and rng.random() < 0.12:
            other = rng.choice([c for c in known if c != code])
            second = rng.choice(known[other])
            pair = f"{value}, {quote(int(other)) if role.column.kind == 'number' and other.isdigit() else quote(other)}"
            return Filter(
                f"{target} IN ({pair})", (f"{word} or {second}", f"{word} and {second}"),
                (f"that are {word} or {second}", f"with {said} {word} or {second}"), f"{table}.{column}",
            )
        return Filter(
            f"{target} = {value}", (word, word, word),
            (f"that are {word}", f"with {said} {word}", f"whose {said} is {word}", f"where {said} is {word}",
             f"({said} {word})", f"in {said} {word}"), f"{table}.{column}",
        )
    if not values:
        return None
    value = rng.choice(values[:25])
    shown = case(value, rng)
    if rng.random() < 0.1 and len(values) > 2:
        other = rng.choice([v for v in values[:25] if v != value])
        return Filter(
            f"{target} IN ({quote(value)}, {quote(other)})", (),
            (f"in {shown} or {other}", f"from {shown} and {other}", f"with {said} {shown} or {other}"), f"{table}.{column}",
        )
    if rng.random() < 0.08:
        return Filter(
            f"{target} <> {quote(value)}", (),
            (f"not in {shown}", f"outside {shown}", f"whose {said} is not {shown}", f"except {said} {shown}"),
            f"{table}.{column}",
        )
    return Filter(
        f"{target} = {quote(value)}", (shown,),
        (f"in {shown}", f"from {shown}", f"in {shown}", f"from {shown}", f"with {said} {shown}", f"whose {said} is {shown}",
         f"where the {said} is {shown}", f"of {said} {shown}"), f"{table}.{column}",
    )


def label(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A row named outright, or by a part of its name."""
    table, column = role.place
    values = [v for v in world.profile.column(table, column).values if isinstance(v, str)]
    if not values:
        return None
    value = rng.choice(values)
    target, said = scope.col(table, column), world.said(table, column, rng)
    if rng.random() < 0.25 and " " in value:
        part = rng.choice([w for w in value.split() if len(w) > 2] or [value])
        return Filter(
            f"{target} ILIKE {quote('%' + part + '%')}", (),
            (f"with {case(part, rng)} in the {said}", f"whose {said} contains {case(part, rng)}",
             f"with a {said} containing {case(part, rng)}"), f"{table}.{column}",
        )
    shown = case(value, rng)
    return Filter(f"{target} = {quote(value)}", (), (f"named {shown}", f"called {shown}", f"{shown}"), f"{table}.{column}")


def measure(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A number above, below, between, or against the average."""
    table, column = role.place
    spread = [q for q in world.profile.column(table, column).quantiles if isinstance(q, int | float)]
    if len(spread) < 11:
        return None
    target, said = scope.col(table, column), world.said(table, column, rng)
    unit = world.unit(table, column)
    low, high = sorted((nice(spread[rng.randint(2, 5)], rng), nice(spread[rng.randint(5, 8)], rng)))

    def of(value: int | float) -> str:
        return f"{value} {unit}" if unit and rng.random() < 0.4 else str(value)

    style = rng.random()
    if style < 0.38:
        strict = rng.random() < 0.75
        how = ("above", "over", "more than", "greater than", "higher than", "exceeding") if strict else ("of at least", "of", "from")
        word = rng.choice(how) if strict else "of at least"
        amount = of(high)
        after = (f"with {said} {word} {amount}", f"with a {said} {word} {amount}", f"whose {said} is {word.removeprefix('of ')} {amount}",
                 f"where {said} {'>' if strict else '>='} {high}", f"having {said} {word} {amount}")
        return Filter(f"{target} {'>' if strict else '>='} {high}", (), after, f"{table}.{column}")
    if style < 0.76:
        strict = rng.random() < 0.75
        word = rng.choice(("below", "under", "less than", "lower than", "smaller than")) if strict else "of at most"
        amount = of(high)
        below = (f"with {said} {word} {amount}", f"with a {said} {word} {amount}", f"whose {said} is {word.removeprefix('of ')} {amount}",
                 f"where {said} {'<' if strict else '<='} {high}")
        return Filter(f"{target} {'<' if strict else '<='} {high}", (), below, f"{table}.{column}")
    if style < 0.9 and low < high:
        return Filter(
            f"{target} BETWEEN {low} AND {high}", (),
            (f"with {said} between {low} and {of(high)}", f"with a {said} from {low} to {of(high)}",
             f"whose {said} is between {low} and {of(high)}"), f"{table}.{column}",
        )
    value = nice(spread[5], rng)
    return Filter(f"{target} = {value}", (), (f"with {said} {value}", f"whose {said} is exactly {of(value)}",
                                              f"with a {said} of {of(value)}"), f"{table}.{column}")


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
    text = rng.choice(texts)
    participle = said.split()[0] if said.split()[0].endswith(("ed", "en", "ent", "ue")) else ""
    plainly = (text, text, text)
    named = (f"with {said} {text}", f"with a {said} {text}", f"whose {said} is {text}", f"by {said} {text}",
             *((f"{participle} {text}", f"that were {participle} {text}", f"{participle} {text}") if participle else ()))
    return Filter(sql, (), plainly if plain else named, f"{table}.{column}")


def span(target: str, picked: datetime.date, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """A window around a date: SQL and the ways to say it."""
    year, month = picked.year, picked.month
    name = MONTHS[month - 1]
    quarter = (month - 1) // 3 + 1
    ordinal = ("first", "second", "third", "fourth")[quarter - 1]
    style = rng.random()
    if style < 0.38:
        return f"YEAR({target}) = {year}", (f"in {year}", f"in {year}", f"during {year}", f"in the year {year}", f"for {year}")
    if style < 0.58:
        sql = f"YEAR({target}) = {year} AND MONTH({target}) = {month}"
        return sql, (f"in {name} {year}", f"in {name[:3]} {year}", f"in {name.lower()} {year}", f"during {name} {year}",
                     f"in {year}-{month:02}", f"for {name} {year}")
    if style < 0.7:
        sql = f"YEAR({target}) = {year} AND QUARTER({target}) = {quarter}"
        return sql, (f"in Q{quarter} {year}", f"in the {ordinal} quarter of {year}", f"in q{quarter} {year}",
                     f"during Q{quarter} of {year}")
    if style < 0.8:
        if rng.random() < 0.5:
            return f"{target} >= '{year}-01-01'", (f"since {year}", f"from {year} on", f"since the start of {year}")
        return f"{target} < '{year}-01-01'", (f"before {year}", f"earlier than {year}", f"prior to {year}")
    day = picked.isoformat()
    pretty = rng.choice((day, f"{name} {picked.day}, {year}", f"{picked.day} {name} {year}"))
    if style < 0.87:
        return f"{target} > '{day}'", (f"after {pretty}", f"later than {pretty}")
    if style < 0.94:
        return f"{target} < '{day}'", (f"before {pretty}", f"until {pretty} (not included)")
    if style < 0.97:
        later = min(month + rng.randint(1, 4), 12)
        sql = f"YEAR({target}) = {year} AND MONTH({target}) BETWEEN {month} AND {later}"
        return sql, (f"between {name} and {MONTHS[later - 1]} {year}", f"from {name} to {MONTHS[later - 1]} {year}")
    return f"YEAR({target}) BETWEEN {year - 1} AND {year}", (f"from {year - 1} to {year}", f"in {year - 1} and {year}",
                                                             f"between {year - 1} and {year}")


def missing(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A value that is absent or present."""
    table, column = role.place
    share = world.profile.column(table, column).null_share
    if not 0.0 < share < 1.0:
        return None
    target, said = scope.col(table, column), world.said(table, column, rng)
    participle = said.split()[0] if role.role == "date" and said.split()[0].endswith("ed") else ""
    if rng.random() < 0.6:
        after = (f"without {said}", f"with no {said}", f"without a {said}", f"that have no {said}", f"where {said} is missing",
                 f"with {said} missing", *((f"not yet {participle}", f"that were never {participle}") if participle else ()))
        return Filter(f"{target} IS NULL", (), after, f"{table}.{column}")
    after = (f"with a {said}", f"that have a {said}", f"where {said} is known", f"with {said} on record",
             *((f"already {participle}", f"that were {participle}") if participle else ()))
    return Filter(f"{target} IS NOT NULL", (), after, f"{table}.{column}")


def flag(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    table, column = role.place
    target, said = scope.col(table, column), world.said(table, column, rng)
    if rng.random() < 0.7:
        return Filter(target, (), (f"with {said}", f"that are {said}", f"where {said} is true", f"with {said} set"),
                      f"{table}.{column}")
    return Filter(f"NOT {target}", (), (f"without {said}", f"that are not {said}", f"with no {said}"), f"{table}.{column}")


BY_ROLE: dict[str, Callable[[World, Scope, Role, random.Random], Filter | None]] = {
    "category": category, "label": label, "measure": measure, "date": window, "flag": flag,
}


def one(world: World, scope: Scope, table: str, rng: random.Random) -> Filter | None:
    """A random condition on a column of `table` (joined when it is not the root)."""
    roles = world.of(table, "category", "measure", "date", "flag", "label", "text")
    if not roles:
        return None
    weights = [{"category": 5, "date": 2, "measure": 2, "flag": 1.5, "label": 1, "text": 0.2}[r.role] for r in roles]
    role = rng.choices(roles, weights)[0]
    if role.column.nullable and rng.random() < 0.25 and (found := missing(world, scope, role, rng)):
        return found
    if role.role == "date":
        default = world.default_date(table)
        return window(world, scope, role, rng, plain=role == default and rng.random() < 0.7)
    maker = BY_ROLE.get(role.role)
    return maker(world, scope, role, rng) if maker else None


def segment(world: World, scope: Scope, table: str, rng: random.Random) -> Filter | None:
    """A named filter of the glossary."""
    own = [(n, s) for n, s in world.glossary.segments.items() if s.table == table]
    if not own:
        return None
    name, found = rng.choice(own)
    said = rng.choice([name, name, *found.synonyms])
    nouns = sorted({*(world.glossary.table(table).synonyms), world.glossary.table(table).name}, key=len, reverse=True)
    word = said
    for noun in nouns:
        if noun and word.endswith(noun):
            word = word[: -len(noun)].strip()
    if not word:
        return None
    return Filter(scope.expression(f"({found.where})" if " OR " in found.where.upper() else found.where), (word,), (), name)

"""Conditions: each an SQL expression and the several ways people put it."""

from __future__ import annotations

import calendar
import dataclasses
import datetime
import random
import re
from collections.abc import Callable

from sqlkit.data.english import WHERE, figure
from sqlkit.data.world import Role, Scope, World
from sqlkit.schema.words import words

MONTHS = list(calendar.month_name)[1:]


@dataclasses.dataclass(frozen=True, slots=True)
class Filter:
    """`before` stands before the noun ("shipped orders"), `after` behind it ("orders from Lyon"); one is used."""

    sql: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    key: str = ""
    name: str = ""  # the row's own name, where the condition names one row
    front: tuple[str, ...] = ()  # the forms that may also open a question: "in 2024, how many ..."


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
    if named.values:
        known = {code: meanings for code, meanings in named.values.items() if meanings and (not values or code in values)}
        return _code(world, scope, role, known, rng) if known else None
    return _value(world, scope, role, values, rng) if values else None


def _code(world: World, scope: Scope, role: Role, known: dict[str, list[str]], rng: random.Random) -> Filter:
    """A code, said by one of its meanings."""
    place, target, said = f"{role.table}.{role.column.name}", scope.col(*role.place), world.said(*role.place, rng)
    number = role.column.kind == "number"

    def quoted(code: str) -> str:
        return quote(int(code)) if number and code.isdigit() else quote(code)

    code = rng.choice(list(known))
    word, is_ = rng.choice(known[code]), rng.choice(("is", "is", "=", "equals"))
    others = [c for c in known if c != code]
    if rng.random() < 0.1:
        after = (
            f"that are not {word}",
            f"whose {said} is not {word}",
            f"except {word} ones",
            f"that aren't {word}",
            f"with a {said} other than {word}",
            f"excluding {word}",
            f"which are not {word}",
        )
        return Filter(f"{target} <> {quoted(code)}", (f"non-{word}", f"not {word}"), after, place)
    if len(others) > 1 and rng.random() < 0.12:
        other = rng.choice(others)
        second = rng.choice(known[other])
        after = (
            f"that are {word} or {second}",
            f"with {said} {word} or {second}",
            f"whose {said} is {word} or {second}",
            f"that are either {word} or {second}",
            f"with a {said} of {word} or {second}",
        )
        return Filter(f"{target} IN ({quoted(code)}, {quoted(other)})", (f"{word} or {second}", f"{word} and {second}"), after, place)
    after = (
        f"that are {word}",
        f"with {said} {word}",
        f"whose {said} {is_} {word}",
        f"where {said} {is_} {word}",
        f"which are {word}",
        f"({said} {word})",
        f"with a {said} of {word}",
        f"marked as {word}",
        f"with the {said} {word}",
        f"in {said} {word}",
        f"having {said} {word}",
        f"that are {word}",
    )
    return Filter(f"{target} = {quoted(code)}", (word, word, word), after, place)


def _value(world: World, scope: Scope, role: Role, values: list[str], rng: random.Random) -> Filter:
    """A text as it stands in the data."""
    place, target, said = f"{role.table}.{role.column.name}", scope.col(*role.place), world.said(*role.place, rng)
    value = rng.choice(values[:25])
    shown = case(value, rng)
    there = bool(
        WHERE.intersection(f"{said} {world.glossary.column(*role.place).name} {role.column.name}".lower().replace("_", " ").split())
    )
    people = world.sort(role.table) == "person"
    style = rng.random()
    if style < 0.1 and len(values) > 2:
        other = rng.choice([v for v in values[:25] if v != value])
        plain = (f"in {shown} or {other}", f"from {shown} or {other}", f"in {shown} and {other}") if there else ()
        after = (
            *plain,
            f"with {said} {shown} or {other}",
            f"whose {said} is {shown} or {other}",
            f"with a {said} of either {shown} or {other}",
            f"of {said} {shown} or {other}",
        )
        return Filter(f"{target} IN ({quote(value)}, {quote(other)})", (), after, place)
    if style < 0.17:
        plain = (
            (f"not in {shown}", f"outside {shown}", f"outside of {shown}", f"that are not from {shown}")
            if there
            else (f"other than {shown}",)
        )
        after = (
            *plain,
            f"whose {said} is not {shown}",
            f"except {said} {shown}",
            f"with a {said} other than {shown}",
            f"that do not have {said} {shown}",
        )
        return Filter(f"{target} <> {quote(value)}", (), after, place)
    if there:
        based = (
            (f"living in {shown}", f"who live in {shown}", f"that come from {shown}")
            if people
            else (f"located in {shown}", f"that are in {shown}")
        )
        after = (
            f"in {shown}",
            f"from {shown}",
            f"in {shown}",
            f"from {shown}",
            f"based in {shown}",
            *based,
            f"whose {said} is {shown}",
            f"in the {said} of {shown}",
            f"with {said} {shown}",
            f"of {shown}",
        )
        return Filter(f"{target} = {quote(value)}", (shown,), after, place)
    after = (
        f"with {said} {shown}",
        f"whose {said} is {shown}",
        f"where the {said} is {shown}",
        f"of {said} {shown}",
        f"in the {shown} {said}",
        f"with a {said} of {shown}",
        f"in {said} {shown}",
        f"that have {said} {shown}",
        f"with the {said} {shown}",
        f"having {shown} as {said}",
        f"where {said} = {shown}",
        f"in {shown}",
    )
    return Filter(f"{target} = {quote(value)}", (shown,), after, place)


def label(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A row named outright, or by a part of its name."""
    values = [v for v in world.profile.column(*role.place).values if isinstance(v, str)]
    if not values:
        return None
    if rng.random() < 0.25:
        return like(world, scope, role, rng)
    value = rng.choice(values)
    shown = case(value, rng)
    return Filter(
        f"{scope.col(*role.place)} = {quote(value)}",
        (),
        (f"named {shown}", f"called {shown}", f"with the name {shown}", shown),
        f"{role.table}.{role.column.name}",
        shown,
    )


def like(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A text that contains, begins with or ends with something."""
    values = [v for v in world.profile.column(*role.place).values if isinstance(v, str) and len(v) > 3]
    if not values:
        return None
    value = rng.choice(values)
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    place, not_ = f"{role.table}.{role.column.name}", "NOT " if rng.random() < 0.08 else ""
    style = rng.random()
    part = rng.choice([w for w in re.findall(r"\w+", value) if len(w) > 2] or [value])
    if style < 0.6:
        pattern, shown = f"%{part}%", case(part, rng)
        after: tuple[str, ...] = (
            f"with {shown} in the {said}",
            f"whose {said} contains {shown}",
            f"with a {said} containing {shown}",
            f"with '{shown}' in their {said}",
            f"whose {said} includes the word {shown}",
            f"that have {shown} in the {said}",
            f"where the {said} contains '{shown}'",
            f"with {said} like {shown}",
        )
    elif style < 0.85:
        head = part if value.startswith(part) and rng.random() < 0.5 else value[: rng.choice((1, 1, 2, 3))]
        pattern = f"{head}%"
        after = (
            f"whose {said} starts with {head}",
            f"whose {said} begins with {head}",
            f"with a {said} starting with '{head}'",
            f"with {said} beginning with {head}",
            f"where the {said} starts with the letter {head}" if len(head) == 1 else f"where the {said} starts with {head}",
        )
    else:
        tail = value[-rng.choice((2, 3)) :].strip()
        pattern = f"%{tail}"
        after = (
            f"whose {said} ends with {tail}",
            f"whose {said} ends in {tail}",
            f"with a {said} ending in '{tail}'",
            f"where the {said} ends with {tail}",
        )
    if not_:
        after = tuple(_denied(text) for text in after if _denied(text) != text)
    return Filter(f"{target} {not_}ILIKE {quote(pattern)}", (), after, place) if after else None


def _denied(text: str) -> str:
    return re.sub(r" (contains|includes|starts|begins|ends) ", lambda m: f" does not {m[1][:-1]} ", text, count=1)


VERBS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("price|fee|fare|cost", ("costing {}", "that cost {}", "priced {}")),
    ("salary|wage|pay|earnings|income", ("earning {}", "who earn {}", "making {}")),
    ("weight", ("weighing {}", "that weigh {}")),
    ("duration|runtime|length", ("lasting {}", "that last {}")),
    ("rating|score|stars", ("rated {}", "with a rating {}")),
    ("capacity", ("holding {}", "with room for {}")),
    ("amount|value|total", ("worth {}", "amounting to {}")),
)
ABOVE = (
    "above",
    "over",
    "more than",
    "greater than",
    "higher than",
    "exceeding",
    "larger than",
    "more than",
    "over",
    "beyond",
    "bigger than",
    ">",
)
BELOW = ("below", "under", "less than", "lower than", "smaller than", "under", "less than", "<", "fewer than")
FROM = ("of at least", "of no less than", "of a minimum of", ">=", "at or above", "of not less than", "of minimum")
UP_TO = ("of at most", "of no more than", "of a maximum of", "<=", "up to", "of not more than")


def measure(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A number above, below, between, or exactly so."""
    spread = [q for q in world.profile.column(*role.place).quantiles if isinstance(q, int | float)]
    if len(spread) < 11:
        return None
    target, said, unit = scope.col(*role.place), world.said(*role.place, rng), world.unit(*role.place)
    place = f"{role.table}.{role.column.name}"
    low, high = sorted((nice(spread[rng.randint(2, 5)], rng), nice(spread[rng.randint(5, 8)], rng)))

    def of(value: int | float) -> str:
        return f"{figure(value, rng)} {unit}" if unit and unit != "percent" and rng.random() < 0.4 else figure(value, rng)

    style = rng.random()
    if style < 0.76:
        up, strict = style < 0.38, rng.random() < 0.7
        if not spread[0] < high < spread[10]:
            return None
        how = (ABOVE if up else BELOW) if strict else (FROM if up else UP_TO)
        sign = (">" if up else "<") + ("" if strict else "=")
        return Filter(f"{target} {sign} {high}", (), _compared(said, rng.choice(how), of(high), rng), place)
    if style < 0.9 and low < high:
        a, b = figure(low, rng), of(high)
        after = (
            f"with {said} between {a} and {b}",
            f"with a {said} from {a} to {b}",
            f"whose {said} is between {a} and {b}",
            f"with a {said} of {a} to {b}",
            f"where {said} lies between {a} and {b}",
            f"with {said} in the range {a} to {b}",
            f"with {said} from {a} up to {b}",
        )
        return Filter(f"{target} BETWEEN {low} AND {high}", (), after, place)
    value = nice(spread[5], rng)
    amount = of(value)
    after = (
        f"with {said} {amount}",
        f"whose {said} is exactly {amount}",
        f"with a {said} of {amount}",
        f"where {said} is {amount}",
        f"with {said} equal to {amount}",
    )
    return Filter(f"{target} = {value}", (), after, place)


def _compared(said: str, word: str, amount: str, rng: random.Random) -> tuple[str, ...]:
    """The ways to hold a measure against an amount."""
    bare = word.removeprefix("of ")
    bare = bare if not bare.startswith("a m") else bare.replace("a minimum of", "at least").replace("a maximum of", "at most")
    found = [
        f"with {said} {word} {amount}",
        f"with a {said} {word} {amount}",
        f"whose {said} is {bare} {amount}",
        f"where {said} {'is ' if word[0].isalpha() else ''}{bare} {amount}",
        f"having {said} {word} {amount}",
        f"that have a {said} {word} {amount}",
        f"where the {said} is {bare} {amount}",
        f"with a {said} that is {bare} {amount}",
    ]
    last = said.split()[-1]
    if not word[0].isalpha():
        return (
            f"with {said} {word} {amount}",
            f"where {said} {word} {amount}",
            f"having {said} {word} {amount}",
            f"({said} {word} {amount})",
        )
    plural_ = last.endswith("s") and not last.endswith(("ss", "us"))
    if plural_ and bare not in {"above", "below", "exceeding", "at or above", "higher than", "lower than"}:
        more = (
            bare.replace("greater", "more")
            .replace("larger", "more")
            .replace("bigger", "more")
            .replace("smaller", "fewer")
            .replace("beyond", "over")
        )
        found += [
            f"with {more} {amount} {said}",
            f"that have {more} {amount} {said}",
            f"with {more} {amount} {said}",
            f"having {more} {amount} {said}",
        ]
    for key, verbs in VERBS:
        if last in key.split("|") or last.rstrip("s") in key.split("|"):
            more = re.sub(r"^(?:greater|larger|bigger|higher)", "more", re.sub(r"^(?:smaller|lower|fewer)", "less", bare))
            found += [verb.format(f"{more} {amount}") for verb in verbs]
    if "percent" not in said and rng.random() < 0.2:
        found.append(f"with {bare} {amount} {said}")
    return tuple(found)


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
        after = tuple(texts) * 2 + tuple(f"{verb} {text}" for verb in verbs[:3] for text in texts[:2])
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


def missing(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A value that is absent or present."""
    share = world.profile.column(*role.place).null_share
    if not 0.0 < share < 1.0:
        return None
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    place, verbs = f"{role.table}.{role.column.name}", world.verbs(*role.place) if role.role == "date" else []
    verbs = [v for v in verbs if not v.endswith("ing")]
    if rng.random() < 0.6:
        after = (
            f"without {said}",
            f"with no {said}",
            f"without a {said}",
            f"that have no {said}",
            f"where {said} is missing",
            f"with missing {said}",
            f"that do not have a {said}",
            f"where the {said} is not known",
            f"with unknown {said}",
            f"lacking a {said}",
            f"whose {said} is empty",
            *(
                form
                for v in verbs
                for form in (f"not yet {v}", f"that were never {v}", f"that have not been {v} yet", f"not {v} yet", f"still not {v}")
            ),
        )
        return Filter(f"{target} IS NULL", (), after, place)
    after = (
        f"with a {said}",
        f"that have a {said}",
        f"where {said} is known",
        f"with {said} on record",
        f"that do have a {said}",
        f"with a known {said}",
        f"where the {said} is given",
        *(form for v in verbs for form in (f"already {v}", f"that have already been {v}")),
    )
    return Filter(f"{target} IS NOT NULL", (), after, place)


def flag(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A yes or no."""
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    place = f"{role.table}.{role.column.name}"
    bare = re.sub(r"^(?:is|has|was|are) ", "", said)
    adjective = len(bare.split()) == 1
    if rng.random() < 0.7:
        plain = (
            (f"that are {bare}", f"which are {bare}", f"flagged as {bare}", f"marked {bare}")
            if adjective
            else (f"with a {bare}", f"that have a {bare}")
        )
        return Filter(
            target,
            (bare, bare) if adjective else (),
            (f"with {bare}", *plain, f"where {said} is true", f"with {bare} set", f"where {said} is yes"),
            place,
        )
    plain = (
        (f"that are not {bare}", f"that aren't {bare}", f"which are not {bare}")
        if adjective
        else (f"without a {bare}", f"that have no {bare}")
    )
    return Filter(
        f"NOT {target}",
        (f"non-{bare}", f"not {bare}") if adjective else (),
        (f"without {bare}", *plain, f"with no {bare}", f"where {said} is false", f"where {said} is no"),
        place,
    )


BY_ROLE: dict[str, Callable[[World, Scope, Role, random.Random], Filter | None]] = {
    "category": category,
    "label": label,
    "measure": measure,
    "date": window,
    "flag": flag,
    "text": like,
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
    named = world.glossary.table(table)
    nouns = sorted({*named.synonyms, named.name, re.sub(r"s$", "", " ".join(words(table)))}, key=len, reverse=True)
    word = said
    for noun in nouns:
        if noun and word.endswith(noun):
            word = word[: -len(noun)].strip()
        elif noun and (word.startswith(f"{noun} ") or (noun.split()[-1:] == word.split()[:1] and " " in word)):
            rest = word.split(" ", len(noun.split()) if word.startswith(noun) else 1)[-1]  # "line with a discount"
            return Filter(scope.expression(f"({found.where})" if " OR " in found.where.upper() else found.where), (), (rest,), name)
    if word == said and any(noun and word.split()[-1] == noun.split()[-1] for noun in nouns):
        word = word.rsplit(" ", 1)[0] if " " in word else ""
    if not word:
        return None
    return Filter(scope.expression(f"({found.where})" if " OR " in found.where.upper() else found.where), (word,), (), name)

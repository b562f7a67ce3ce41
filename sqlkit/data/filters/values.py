"""A code or a text as it stands in the data: equal, not equal, one of two."""

from __future__ import annotations

import random

from sqlkit.data.english import WHERE
from sqlkit.data.filters.base import Filter, case, quote
from sqlkit.data.scope import Scope
from sqlkit.data.world import Role, World


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
        after: tuple[str, ...] = (
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
        plain: tuple[str, ...] = (f"in {shown} or {other}", f"from {shown} or {other}", f"in {shown} and {other}") if there else ()
        after: tuple[str, ...] = (
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

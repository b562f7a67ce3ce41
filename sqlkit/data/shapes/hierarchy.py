"""A table that refers to itself: rows and the row above them."""

from __future__ import annotations

import dataclasses
import random

from sqlkit.data import filters
from sqlkit.data.english import plural, sort_of
from sqlkit.data.shapes.base import Draft, ask, shape
from sqlkit.data.world import World
from sqlkit.schema.types import ForeignKey, Table
from sqlkit.sql.grammar import identifier


@dataclasses.dataclass(frozen=True, slots=True)
class Tree:
    """`join`: FROM with the rows as t1 and those above as t2; `above`: what the upper row is called."""

    table: str
    name: str
    join: str
    above: str
    many: str
    single: str
    person: bool

    @property
    def slots(self) -> dict[str, str]:
        return {
            "above": self.above,
            "aboves": plural(self.above),
            "many": self.many,
            "single": self.single,
            "who": "who" if self.person else "which",
        }


def _selves(world: World) -> list[tuple[Table, ForeignKey]]:
    """Tables with names whose rows point to others of them, by one key: 'under' does not say which of several."""
    return [(t, k) for t, k in world.selves if world.label(t.name) and t.name not in world.forked]


def _tree(world: World, rng: random.Random) -> Tree | None:
    usable = _selves(world)
    if not usable:
        return None
    table, key = rng.choice(usable)
    above = world.said(table.name, key.columns[0], rng)
    if above.split()[-1] in {"id", "no", "number", "to", "key"}:
        above = (
            above.rsplit(" ", 1)[0] if not above.endswith(" to") else world.glossary.column(table.name, key.columns[0]).name or "manager"
        )
    name = world.named(table.name)
    join = f"FROM {name} AS t1 JOIN {name} AS t2 ON t1.{identifier(key.columns[0])} = t2.{identifier(key.ref_columns[0])}"
    single = world.noun(table.name, rng, many=False)
    person = world.sort(table.name) == "person" or sort_of(above) == "person"
    return Tree(table.name, identifier(world.label(table.name)), join, above, world.noun(table.name, rng), single, person)


@shape(1)
def below(world: World, rng: random.Random) -> Draft | None:
    """The rows under a named one."""
    tree = _tree(world, rng)
    values = world.profile.column(tree.table, world.label(tree.table)).values if tree else ()
    if tree is None or not values:
        return None
    who = rng.choice(values)
    where = f"WHERE t2.{tree.name} = {filters.quote(who)}"
    slots = {**tree.slots, "name": filters.case(str(who), rng)}
    if rng.random() < 0.35:
        return ask(
            f"SELECT COUNT(*) {tree.join} {where}",
            rng,
            ("the number of {many} [under|below] {name}", "number of {many} whose {above} is {name}"),
            (
                "how many {many} have {name} as {above}?",
                "how many {many} are [under|below] {name}?",
                "how many {many} does {name} have below?",
            ),
            **slots,
        )
    questions = [
        "which {many} have {name} as [their |]{above}?",
        "which {many} are under {name}?",
        "[list|show] [all |the |]{many} whose {above} is {name}",
    ]
    if tree.person:
        questions += ["who reports to {name}?", "who works under {name}?", "who are {name}'s direct reports?", "whose {above} is {name}?"]
    return ask(
        f"SELECT t1.{tree.name} {tree.join} {where}",
        rng,
        ("{many} whose {above} is {name}", "{many} [under|below] {name}", "all {many} with {name} as {above}"),
        questions,
        **slots,
    )


@shape(0.8)
def above(world: World, rng: random.Random) -> Draft | None:
    """The row above a named one."""
    tree = _tree(world, rng)
    values = world.profile.column(tree.table, world.label(tree.table)).values if tree else ()
    if tree is None or not values:
        return None
    who = rng.choice(values)
    questions = [
        "what is the {above} of {name}?",
        "{which} is {name}'s {above}?",
        "which {above} does {name} have?",
        "[find|tell me|show] the {above} of {name}",
    ]
    if tree.person:
        questions += ["who does {name} report to?", "who is the {above} of {name}?"]
    return ask(
        f"SELECT t2.{tree.name} {tree.join} WHERE t1.{tree.name} = {filters.quote(who)}",
        rng,
        ("the {above} of {name}", "{name}'s {above}", "{above} of {single} {name}"),
        questions,
        **tree.slots,
        name=filters.case(str(who), rng),
        which="who" if tree.person else "what",
    )


@shape(0.8)
def with_above(world: World, rng: random.Random) -> Draft | None:
    """All rows with the one above."""
    tree = _tree(world, rng)
    if tree is None:
        return None
    return ask(
        f"SELECT t1.{tree.name}, t2.{tree.name} {tree.join}",
        rng,
        (
            "{many} with their {above}",
            "[each|every] {single} and [its|the name of its] {above}",
            "all {many} and the name of their {above}",
            "{many} and their {aboves}",
        ),
        (
            "list [all |]{many} with their {above}",
            "{which} is the {above} of each {single}?",
            "[show|give me] the name of every {single} and of its {above}",
            "which {single} has which {above}?",
        ),
        **tree.slots,
        which="who" if tree.person else "what",
    )


@shape(0.8)
def most_below(world: World, rng: random.Random) -> Draft | None:
    """How many rows stand under each, or who has the most."""
    tree = _tree(world, rng)
    if tree is None:
        return None
    slots, k = tree.slots, rng.choice((1, 0, 3))
    head, group = f"t2.{tree.name}", f"GROUP BY t2.{tree.name}"
    if k == 1:
        return ask(
            f"SELECT {head} {tree.join} {group} ORDER BY COUNT(*) DESC LIMIT 1",
            rng,
            ("the {above} with the most {many}", "{above} with [the |]most {many}"),
            (
                "which {above} has the most {many}?",
                "{which} has the most {many} [below|under] them?",
                "[find|show] the {above} with the most {many}",
            ),
            **slots,
            which="who" if tree.person else "what",
        )
    if k:
        return ask(
            f"SELECT {head}, COUNT(*) {tree.join} {group} ORDER BY COUNT(*) DESC LIMIT {k}",
            rng,
            ("top 3 {aboves} by number of {many}", "the 3 {aboves} with the most {many}"),
            ("which 3 {aboves} have the most {many}?", "[list|show] the three {aboves} with the most {many}"),
            **slots,
        )
    return ask(
        f"SELECT {head}, COUNT(*) {tree.join} {group}",
        rng,
        ("number of {many} [per|for each|by] {above}", "{many} per {above}", "each {above} and the number of {many}"),
        (
            "how many {many} does each {above} have?",
            "how many {many} are there [per|under each|for each] {above}?",
            "[show|list] the number of {many} [per|for each] {above}",
        ),
        **slots,
    )


@shape(0.8)
def against_above(world: World, rng: random.Random) -> Draft | None:
    """Rows that exceed the one above them, or share a value with it."""
    tree = _tree(world, rng)
    roles = world.of(tree.table, "measure", "date", "category") if tree else []
    if tree is None or not roles:
        return None
    role = rng.choice(roles)
    column, said = identifier(role.column.name), world.said(*role.place, rng)
    if role.role == "category":
        sign, word = rng.choice((("=", "the same {said} as"), ("<>", "a different {said} than"), ("<>", "another {said} than")))
    elif role.role == "date":
        sign, word = rng.choice(((">", "a later {said} than"), ("<", "an earlier {said} than")))
    else:
        sign, word = rng.choice(
            ((">", "a higher {said} than"), (">", "more {said} than"), (">", "a larger {said} than"), ("<", "a lower {said} than"))
        )
    slots = {**tree.slots, "word": word.format(said=said)}
    test = f"{tree.join} WHERE t1.{column} {sign} t2.{column}"
    if rng.random() < 0.3:
        return ask(
            f"SELECT COUNT(*) {test}",
            rng,
            ("the number of {many} with {word} their {above}",),
            ("how many {many} have {word} their {above}?", "how many {many} are there with {word} their {above}?"),
            **slots,
        )
    return ask(
        f"SELECT t1.{tree.name} {test}",
        rng,
        ("{many} with {word} their {above}", "[the |all ]{many} that have {word} their {above}"),
        (
            "which {many} have {word} their {above}?",
            "[list|find|show] [all |the |]{many} with {word} their {above}",
            "{who} has {word} their {above}?" if tree.person else "what {many} have {word} their {above}?",
        ),
        **slots,
    )


@shape(0.6)
def without_above(world: World, rng: random.Random) -> Draft | None:
    """Rows that stand at the top."""
    usable = _selves(world)
    if not usable:
        return None
    table, key = rng.choice(usable)
    tree = _tree(world, rng)
    if tree is None or tree.table != table.name:
        return None
    up, name, a = identifier(key.columns[0]), tree.name, world.named(table.name)
    if rng.random() < 0.5:
        return ask(
            f"SELECT COUNT(*) FROM {a} WHERE {up} IS NULL",
            rng,
            ("the number of {many} without [a|any] {above}", "number of {many} with no {above}"),
            ("how many {many} have no {above}?", "how many {many} do not have a {above}?", "how many {many} are there without a {above}?"),
            **tree.slots,
        )
    if rng.random() < 0.5:
        key_ = identifier(key.ref_columns[0])
        return ask(
            f"SELECT {name} FROM {a} WHERE {key_} NOT IN (SELECT {up} FROM {a} WHERE {up} IS NOT NULL)",
            rng,
            ("{many} that are nobody's {above}", "{many} who are not {above} of anyone")
            if tree.person
            else ("{many} that are {above} of no other", "{many} that are not {above} of any other"),
            ("which {many} are not the {above} of any other?", "[list|show] [all |the |]{many} that are {above} of no other"),
            **tree.slots,
        )
    return ask(
        f"SELECT {name} FROM {a} WHERE {up} IS NULL",
        rng,
        ("{many} without [a|any] {above}", "all {many} with no {above}", "{many} that have no {above}"),
        ("which {many} have no {above}?", "which {many} do not have a {above}?", "[list|show] [the |all |]{many} without a {above}"),
        **tree.slots,
    )

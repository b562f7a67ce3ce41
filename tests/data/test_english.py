"""English: plurals, participles, sorts of nouns, figures."""

from __future__ import annotations

import random

import pytest

from sqlkit.data.english import acting, figure, is_noun, participle, plural, singular, sort_of


@pytest.mark.parametrize(
    ("one", "many"),
    [("order", "orders"), ("city", "cities"), ("day", "days"), ("box", "boxes"), ("address", "addresses"), ("person", "people"), ("sales person", "sales people"),
     ("series", "series"), ("status", "statuses"), ("analysis", "analyses"), ("orders", "orders"), ("money received", "money received"), ("month of order", "months of order"), ("year hired", "years hired")],
)  # fmt: skip
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many


@pytest.mark.parametrize(
    ("many", "one"),
    [("addresses", "address"), ("fare class", "fare class"), ("order lines", "order line"), ("categories", "category"), ("movies", "movie"), ("series", "series"),
     ("status", "status"), ("warehouses", "warehouse"), ("bonuses", "bonus"), ("boxes", "box"), ("caches", "cache"), ("sales people", "sales person"), ("analysis", "analysis"),
     ("databases", "database"), ("weather data", "weather data"), ("bus", "bus")],
)  # fmt: skip
def test_one_of_a_plural(many: str, one: str) -> None:
    assert singular(many) == one


@pytest.mark.parametrize(
    ("said", "verb"),
    [("hire date", "hired"), ("placed", "placed"), ("created at", "created"), ("signed up", "signed up"), ("start date", "starting"), ("sold", "sold"), ("price", ""),
     ("red", ""), ("due date", "due"), ("shipped on", "shipped"), ("order status", "")],
)  # fmt: skip
def test_participles_of_dates(said: str, verb: str) -> None:
    assert participle(said) == verb


@pytest.mark.parametrize(
    ("noun", "sort"), [("sales rep", "person"), ("customer", "person"), ("distribution centre", "place"), ("product category", "group"), ("order", "thing"), ("Customers", "person")]
)
def test_sorts(noun: str, sort: str) -> None:
    assert sort_of(noun) == sort


@pytest.mark.parametrize(("said", "noun"), [("hired", False), ("sold by", False), ("hire date", True), ("reserved units", True), ("price", True), ("became a customer", False)])
def test_what_can_stand_as_a_noun(said: str, noun: bool) -> None:
    assert is_noun(said, date=True) is noun


def test_figures_keep_their_value() -> None:
    rng = random.Random(1)
    assert {figure(5, rng) for _ in range(50)} == {"5", "five"}
    assert {figure(10000, rng) for _ in range(80)} == {"10000", "10,000", "10k"}
    assert {figure(2.5, rng) for _ in range(20)} == {"2.5"}


@pytest.mark.parametrize(("said", "verb"), [
    ("verified by", "verifying"), ("ordered by", "ordering"), ("created by", "creating"), ("planned by", "planning"), ("agreed by", "agreeing"),
    ("sold by", "selling"), ("by", ""), ("stand by", ""), ("noted on", ""),
])  # fmt: skip
def test_who_did_it_is_the_one_doing_it(said: str, verb: str) -> None:
    assert acting(said) == verb

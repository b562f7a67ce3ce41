"""Differences between queries, in words; and spellings that are none."""

from __future__ import annotations

import pytest

from sqlkit.sql.probe import orders_rows, other_orders, probe
from sqlkit.sql.structure import KINDS, differences

YEAR = "BETWEEN '2024-01-01' AND '2024-12-31'"
GOLD = (
    "SELECT c.name, SUM(o.amount) FROM customer AS c JOIN orders AS o ON o.cust_id = c.id "
    f"WHERE o.status = 'S' AND o.placed {YEAR} "
    "GROUP BY c.name HAVING COUNT(*) > 3 ORDER BY SUM(o.amount) DESC LIMIT 5"
)


@pytest.mark.parametrize(
    ("gold", "said"),
    [
        (GOLD, GOLD.replace(" c.", " customer.").replace(" AS c ", " ")),
        (GOLD, GOLD.replace("o.cust_id = c.id", "c.id = o.cust_id")),
        (GOLD, GOLD.replace(f"o.placed {YEAR}", "'2024-01-01' <= o.placed AND DATE '2024-12-31' >= placed")),
        (GOLD, GOLD.replace("GROUP BY c.name", "GROUP BY 1").replace("ORDER BY SUM(o.amount)", "ORDER BY 2")),
        (GOLD, GOLD.replace(") FROM", ") AS t FROM").replace("ORDER BY SUM(o.amount)", "ORDER BY t")),
        (GOLD, GOLD.replace("o.status = 'S'", "((o.status IN ('S')))").replace("COUNT(*)", "COUNT(1)")),
        (GOLD, GOLD.lower().replace("'s'", "'S'")),
        ("SELECT x FROM t WHERE a <> 1 AND NOT b", "SELECT x FROM t WHERE NOT b AND a != 1.0"),
        ("SELECT x, COUNT(*) FROM t GROUP BY x", "SELECT x, COUNT(*) FROM t GROUP BY ALL"),
    ],
)  # fmt: skip
def test_spellings_are_no_difference(gold: str, said: str) -> None:
    assert differences(gold, said) == []


@pytest.mark.parametrize(
    ("old", "new", "kind", "words"),
    [
        ("customer AS c", "supplier AS c", "wrong table", "reads supplier instead of customer"),
        (" JOIN orders AS o ON o.cust_id = c.id", "", "missing join", "does not join orders"),
        (
            "JOIN orders AS o ON o.cust_id = c.id",
            "JOIN orders AS o ON o.cust_id = c.id JOIN line ON line.oid = o.id",
            "extra join",
            "joins line",
        ),
        ("o.cust_id = c.id", "o.id = c.id", "wrong join", "joins on customer.id = orders.id instead"),
        ("JOIN", "LEFT JOIN", "wrong join", "LEFT join instead of inner join"),
        ("SUM", "AVG", "wrong aggregate", "AVG(orders.amount) instead of SUM(orders.amount)"),
        ("SUM(o.amount)", "SUM(DISTINCT o.amount)", "wrong aggregate", "SUM(DISTINCT orders.amount)"),
        ("SUM(o.amount)", "SUM(o.price)", "wrong column", "SUM(orders.price) instead of SUM(orders.amount)"),
        ("SELECT c.name,", "SELECT c.city,", "wrong column", "shows customer.city instead of customer.name"),
        ("SELECT c.name,", "SELECT", "missing column", "does not show customer.name"),
        ("SELECT c.name,", "SELECT c.name, c.city,", "extra column", "also shows customer.city"),
        ("o.status = 'S' AND", "", "missing filter", "lacks the condition orders.status = 'S'"),
        ("HAVING COUNT(*) > 3", "", "missing filter", "COUNT(*) > 3"),
        ("WHERE", "WHERE c.city = 'Lyon' AND", "extra filter", "adds the condition customer.city = 'Lyon'"),
        ("'S'", "'P'", "wrong literal", "orders.status = 'P' instead of orders.status = 'S'"),
        ("> 3", ">= 3", "wrong operator", "COUNT(*) >= 3"),
        ("o.status =", "o.kind =", "wrong filter column", "orders.kind = 'S'"),
        ("'S' AND", "'S' OR", "and/or", "AND and OR"),
        ("GROUP BY c.name", "GROUP BY c.id", "wrong grouping", "groups by customer.id instead of customer.name"),
        ("SELECT c.name", "SELECT DISTINCT c.name", "distinct", "adds DISTINCT"),
        (" DESC", "", "wrong order", "instead of SUM(orders.amount) DESC"),
        ("LIMIT 5", "LIMIT 3", "limit", "limit 3 instead of 5"),
        ("LIMIT 5", "", "limit", "limit none instead of 5"),
    ],
)
def test_one_edit_is_named(old: str, new: str, kind: str, words: str) -> None:
    assert old in GOLD
    said = GOLD.replace(old, new) if old.startswith(("customer", "SUM", "o.cust")) else GOLD.replace(old, new, 1)
    found = differences(GOLD, said)
    assert kind in [difference.kind for difference in found]
    assert any(words in difference.text for difference in found)
    assert {difference.kind for difference in found} <= set(KINDS)


@pytest.mark.parametrize(
    ("gold", "said", "kind"),
    [
        ("SELECT a FROM t UNION SELECT a FROM u", "SELECT a FROM t UNION ALL SELECT a FROM u", "set operation"),
        ("SELECT ROW_NUMBER() OVER (ORDER BY a) FROM t", "SELECT RANK() OVER (ORDER BY a) FROM t", "wrong window"),
        ("SELECT a FROM t WHERE b IN (SELECT b FROM u)", "SELECT a FROM t", "missing join"),
        ("SELECT a FROM t WHERE b IN (FROM u)", "SELECT a FROM t WHERE b NOT IN (FROM u)", "wrong operator"),
        ("SELECT a FROM t WHERE c LIKE 'x%'", "SELECT a FROM t WHERE c LIKE 'y%'", "wrong literal"),
        ("WITH x AS (FROM t WHERE b = 1) FROM x", "WITH y AS (FROM t WHERE b = 2) FROM y", "wrong literal"),
        ("SELECT a FROM t JOIN u USING (k)", "SELECT a FROM t JOIN u USING (j)", "wrong join"),
    ],
)  # fmt: skip
def test_other_forms(gold: str, said: str, kind: str) -> None:
    assert kind in [difference.kind for difference in differences(gold, said)]


@pytest.mark.parametrize("said", ["", "no SQL at all", "SELECT 1; SELECT 2", "SELECT " + "(" * 5000])
def test_what_cannot_be_parsed_has_no_differences(said: str) -> None:
    assert differences(GOLD, said) == []
    assert not orders_rows(said)
    assert other_orders(said) == []
    assert probe(said).plain


def test_a_probe_shows_hidden_sort_keys_and_drops_the_limit() -> None:
    seen = probe("SELECT a FROM t ORDER BY b, a, 1 + c LIMIT 3 OFFSET 2")
    assert seen.sql == "SELECT a, b AS sort_key_0, 1 + c AS sort_key_1 FROM t ORDER BY b, a, 1 + c"
    assert (seen.keys, seen.appended, seen.offset, seen.limited) == ((-2, 0, -1), 2, 2, True)


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a)", True),
        ("SELECT a, 'order by' FROM t", False),
        ("SELECT RANK() OVER (ORDER BY a) FROM t", False),
        ("SELECT STRING_AGG(a ORDER BY a) FROM t", False),
    ],
)
def test_what_can_order_rows(sql: str, ordered: bool) -> None:
    assert orders_rows(sql) == ordered


def test_tables_are_read_in_other_orders() -> None:
    backwards, shuffled = other_orders("WITH t AS (SELECT 1) SELECT * FROM t, u AS v JOIN w ON v.a = w.a")
    assert backwards.count("ORDER BY rowid DESC") == 2
    assert shuffled.count("7919") == 2
    assert other_orders("SELECT 1") == []

"""The proof of equivalence: one case a rule in equivalent.jsonl, and random pairs. Whatever is claimed, random databases try to refute.

A case with `equal` null is not claimed, since nothing is known. A case that is not equal must be refuted: else the case is
wrong, or the databases are too weak to tell anything.
"""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlkit.records import read_jsonl
from sqlkit.schema.ddl import parse_ddl
from sqlkit.schema.types import Schema
from sqlkit.sql.equivalent import places, proven_equal
from sqlkit.sql.mutate import mutants

HERE, ROOT = Path(__file__).parent, Path(__file__).resolve().parents[2]
SHOP = parse_ddl("""
CREATE TABLE a (id INTEGER PRIMARY KEY, n VARCHAR NOT NULL, x INTEGER, f BOOLEAN, d DATE);
CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER, y DOUBLE, m VARCHAR, d DATE);
CREATE TABLE c (k INTEGER, a_id INTEGER, w INTEGER, PRIMARY KEY (k, a_id));
""")
RETAIL = parse_ddl((ROOT / "data/retail/schema.sql").read_text(encoding="utf-8"))
CASES = list(read_jsonl(HERE / "equivalent.jsonl"))
PARTS = json.loads((HERE / "rewrites.json").read_text(encoding="utf-8"))


def _refuter() -> Any:
    spec = importlib.util.spec_from_file_location("refute", ROOT / "eval/refute.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Refuter


Refuter = _refuter()


def refuted(schema: Schema, gold: str, claims: dict[str, tuple[int, ...]], databases: int, seed: int = 0) -> list[tuple[str, str]]:
    refuter = Refuter(schema, [gold, *list(claims)[:3]], seed)
    try:
        return list(refuter.refute(gold, claims, databases))
    finally:
        refuter.connection.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["rule"]))
def test_rule(case: dict[str, Any]) -> None:
    gold, pred = case["gold"], case["pred"]
    found = places(gold, pred, SHOP)
    assert (found is not None) == bool(case["equal"])
    if found is not None:
        assert refuted(SHOP, gold, {pred: found}, 12) == []
    elif case["equal"] is False:
        assert refuted(SHOP, gold, {pred: tuple(range(9))[: width(gold)]}, 400)


def width(sql: str) -> int:
    from sqlkit.sql.parse import parse_one

    return len(parse_one(sql).selects)  # type: ignore[attr-defined]


def test_columns_in_place() -> None:
    gold, pred = "SELECT n, x FROM a WHERE x > 1", "SELECT x, n FROM a WHERE x > 1"
    assert places(gold, pred, SHOP) == (1, 0)
    assert not proven_equal(gold, pred, SHOP, in_place=True)
    assert proven_equal(gold, "SELECT n, x FROM a WHERE NOT x <= 1", SHOP, in_place=True)


def test_sqlite() -> None:
    assert proven_equal('SELECT n FROM a WHERE n = "ab"', "SELECT n FROM a WHERE 'ab' = n", SHOP, "sqlite")
    assert not proven_equal("SELECT n FROM a WHERE n LIKE 'ab'", "SELECT n FROM a WHERE n = 'ab'", SHOP, "sqlite")  # knows no case
    assert not proven_equal("SELECT n, x FROM a GROUP BY n", "SELECT n, x FROM a GROUP BY n", SHOP, "sqlite")  # any row of a group
    assert not proven_equal("SELECT n FROM a", "SELECT n FROM a", SHOP, "mysql")


@pytest.mark.parametrize("sql", ["", "SELECT", "SELECT 1; SELECT 2", "DELETE FROM a", "SELECT nope FROM a", "SELECT n FROM nope", "SELECT " + "(" * 900 + "1" + ")" * 900])
def test_what_is_no_query_is_not_claimed(sql: str) -> None:
    assert not proven_equal(sql, sql, SHOP)


def test_many_sources_of_one_table_are_given_up() -> None:
    joined = ", ".join(f"a AS t{i}" for i in range(9))
    assert not proven_equal(f"SELECT t0.n FROM {joined}", f"SELECT t1.n FROM {joined}", SHOP)


def drawn(chance: random.Random) -> tuple[str, str]:
    """Two queries of the same parts, most of them in the same form."""
    parts = {name: chance.choice(PARTS[name]) for name in ("from", "select", "having", "end", "around")}
    where = [chance.choice(PARTS["where"]) for _ in range(chance.choice((1, 1, 2)))]
    shared: dict[str, str] = {}

    def form(forms: Any) -> str:
        key = json.dumps(list(forms))
        shared.setdefault(key, chance.choice(list(forms)))
        return shared[key] if chance.random() < 0.65 else chance.choice(list(forms))

    def query() -> str:
        source, _, joined = form(parts["from"]).partition(" WHERE ")
        conditions = [c for c in (joined, *map(form, where)) if c]
        chance.shuffle(conditions)
        group = form(parts["select"])
        shown = form(parts["select"][group])
        having = form(parts["having"]) if group or "COUNT(" in shown else ""
        kept = f"WHERE {' AND '.join(f'({c})' for c in conditions)}" if conditions else ""
        return form(parts["around"]).format(f"SELECT {shown} FROM {source} {kept} {group} {having} {form(parts['end'])}".strip())

    return query(), query()


def tried(seed: int) -> bool:
    """Whether a random pair is claimed; if it is, databases try to refute it."""
    gold, pred = drawn(random.Random(seed))
    found = places(gold, pred, SHOP)
    if found is not None and gold != pred:
        assert refuted(SHOP, gold, {pred: found}, 12, seed) == []
    return found is not None


@settings(max_examples=250, deadline=None)
@given(st.integers(0, 2**32))
def test_random_rewrites(seed: int) -> None:
    tried(seed)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(st.integers(0, 2**32))
def test_very_many_random_rewrites(seed: int) -> None:
    tried(seed)


def retail_claims(golds: list[str], databases: int) -> int:
    """Golds of the embedded company against their mutants and against each other; how many are claimed."""
    count = 0
    for gold in golds:
        rivals = [m.sql for m in mutants(gold, RETAIL)] + [other for other in golds if other != gold]
        claims = {sql: found for sql in rivals if (found := places(gold, sql, RETAIL)) is not None}
        assert refuted(RETAIL, gold, claims, databases) == []
        count += len(claims)
    return count


def retail_golds() -> list[str]:
    rows = [row for name in ("dev", "test", "train") for row in read_jsonl(ROOT / f"data/retail/questions/{name}.jsonl")]
    return list(dict.fromkeys(row["sql"] for row in rows if row["sql"]))


def test_mutants_of_golds() -> None:
    assert retail_claims(retail_golds()[::32], 10) > 0


@pytest.mark.slow
def test_mutants_of_all_golds() -> None:
    assert retail_claims(retail_golds(), 40) > 0


def test_no_claim_against_a_verdict() -> None:
    """The grader's own cases."""
    proven = 0
    schemas: dict[str, Schema] = {}
    for path in sorted((ROOT / "eval/grader").glob("*.jsonl")):
        for case in read_jsonl(path):
            golds = case["gold"] if isinstance(case["gold"], list) else [case["gold"]]
            if case["pred"] and "CREATE" in case["ddl"]:
                if case["ddl"] not in schemas:
                    schemas[case["ddl"]] = parse_ddl(case["ddl"])
                claimed = any(proven_equal(gold, case["pred"], schemas[case["ddl"]]) for gold in golds if gold)
                assert not claimed or case["verdict"] == "equivalent", case
                proven += claimed
    assert proven >= 70

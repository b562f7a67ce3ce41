"""The embedded company: its rows obey its DDL, hold the traps that questions rely on, and its glossary runs."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sqlkit.schema.glossary import Glossary, load_glossary

RETAIL = Path(__file__).parents[2] / "data" / "retail"

# Rows of seed 7. Gold answers hang on them: a change here is a change of every question's answer.
COUNTS = {
    "prd_ctg": 31, "sup": 25, "prd": 420, "wh": 8, "stk": 2234, "emp": 120, "cust": 3200, "ord": 22000,
    "ord_ln": 54863, "promo": 22, "ord_promo": 3072, "pmt": 22985, "ret": 3038, "etl_log": 2700,
}  # fmt: skip

REVENUE, LAST_CUSTOMER = "12848184.5300", "Katia Perez"

# Groups that must be empty for some row (an anti-join finds them): child table, parent table, key.
EMPTY_GROUPS = [
    ("ord", "cust", "cust_id"), ("ord_ln", "prd", "prd_id"), ("stk", "prd", "prd_id"), ("prd", "prd_ctg", "ctg_id"),
    ("prd", "sup", "sup_id"), ("ord", "wh", "wh_id"), ("ord_promo", "promo", "promo_id"), ("ret", "ord", "ord_id"),
    ("pmt", "ord", "ord_id"), ("ord", "emp", "emp_id"), ("emp", "wh", "wh_id"),
]  # fmt: skip

# What must hold in the data beyond the DDL: each query counts offenders.
INVARIANTS = {
    "shipping follows ordering": "SELECT COUNT(*) FROM ord WHERE ship_dt < ord_dt OR prom_dt < ord_dt",
    "shipped has a date": "SELECT COUNT(*) FROM ord WHERE (st_cd IN ('S', 'D')) <> (ship_dt IS NOT NULL)",
    "dates are covered": "SELECT COUNT(*) FROM ord WHERE ord_dt NOT BETWEEN '2022-01-01' AND '2025-06-30'",
    "nobody orders before registering": "SELECT COUNT(*) FROM ord JOIN cust USING (cust_id) WHERE ord_dt < reg_dt",
    "closed accounts order nothing": "SELECT COUNT(*) FROM ord JOIN cust USING (cust_id) WHERE ord_dt >= del_ts",
    "sold while on sale": """SELECT COUNT(*) FROM ord JOIN ord_ln USING (ord_id) JOIN prd USING (prd_id)
        WHERE ord_dt < lnch_dt OR ord_dt >= eol_dt""",
    "every order has a line": "SELECT COUNT(*) FROM ord WHERE ord_id NOT IN (SELECT ord_id FROM ord_ln)",
    "reps work when they sell": """SELECT COUNT(*) FROM ord JOIN emp USING (emp_id)
        WHERE job_cd <> 'REP' OR ord_dt < hire_dt OR ord_dt >= term_dt""",
    "no more comes back than went out": """SELECT COUNT(*) FROM ord_ln JOIN (SELECT ord_id, ln_no, SUM(qty) AS back
        FROM ret GROUP BY ALL) USING (ord_id, ln_no) WHERE back > qty""",
    "returns follow delivery": """SELECT COUNT(*) FROM ret JOIN ord USING (ord_id)
        WHERE ret_dt <= ship_dt OR ship_dt IS NULL OR ret_dt > '2025-06-30'""",
    "completed payments have a time": "SELECT COUNT(*) FROM pmt WHERE (st_cd = 'O') <> (pmt_ts IS NULL) OR amt <= 0",
    "promotions run": """SELECT COUNT(*) FROM ord_promo JOIN ord USING (ord_id) JOIN promo USING (promo_id)
        WHERE ord_dt < beg_dt OR ord_dt > end_dt""",
    "orders are paid for in full": """SELECT COUNT(*) FROM (
        SELECT ord_id, SUM(FLOOR(qty * unit_prc * (1 - dsc_rt) * 100) / 100) AS due FROM ord_ln GROUP BY ord_id)
        JOIN ord USING (ord_id)
        LEFT JOIN (SELECT ord_id, SUM(amt) AS paid FROM pmt WHERE st_cd <> 'F' GROUP BY ord_id) USING (ord_id)
        LEFT JOIN (SELECT ord_id, SUM(dsc_amt) AS off FROM ord_promo GROUP BY ord_id) USING (ord_id)
        WHERE st_cd <> 'X' AND ABS(due + frt_amt - COALESCE(off, 0) - paid) > 0.001""",
}


@pytest.fixture(scope="module")
def retail() -> ModuleType:
    spec = importlib.util.spec_from_file_location("retail_generate", RETAIL / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def db(retail: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The database as `main` writes it: that it loads proves every declared constraint."""
    import duckdb

    path = tmp_path_factory.mktemp("retail") / "retail.duckdb"
    retail.main(str(path))
    assert [file.name for file in path.parent.iterdir()] == ["retail.duckdb"]
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    return load_glossary(RETAIL / "glossary.yaml")


def one(db: Any, sql: str) -> Any:
    return db.execute(sql).fetchone()[0]


def columns(db: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, column in db.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    ).fetchall():
        found.setdefault(table, []).append(column)
    return found


def test_row_counts(db: Any) -> None:
    assert {name: one(db, f"SELECT COUNT(*) FROM {name}") for name in COUNTS} == COUNTS
    assert 100_000 <= sum(COUNTS.values()) < 150_000


def test_shape(db: Any) -> None:
    found = columns(db)
    assert set(found) == set(COUNTS)
    assert 75 <= sum(map(len, found.values())) <= 95
    reserved = {row[0] for row in db.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()}
    for name in [*found, *(column for names in found.values() for column in names)]:
        assert re.fullmatch(r"[a-z][a-z0-9_]{1,10}", name) and name not in reserved


def test_the_seed_decides(retail: ModuleType) -> None:
    first, again, other = retail.tables(7), retail.tables(7), retail.tables(8)
    assert list(first) == list(COUNTS), "in the order of the DDL"
    assert all(first[name].equals(again[name]) for name in first)
    assert not first["ord"].equals(other["ord"])


def test_rows_are_the_same_on_every_machine(db: Any) -> None:
    assert str(one(db, "SELECT SUM(qty * unit_prc * (1 - dsc_rt)) FROM ord_ln")) == REVENUE
    assert one(db, "SELECT cust_nm FROM ord JOIN cust USING (cust_id) ORDER BY ord_id DESC LIMIT 1") == LAST_CUSTOMER


@pytest.mark.parametrize(("child", "parent", "key"), EMPTY_GROUPS)
def test_empty_groups(db: Any, child: str, parent: str, key: str) -> None:
    none, every = one(db, f"SELECT COUNT(*) FROM {parent} ANTI JOIN {child} USING ({key})"), COUNTS[parent]
    assert 0 < none < every


def test_employees_without_reports(db: Any) -> None:
    assert one(db, "SELECT COUNT(*) FROM emp WHERE emp_id NOT IN (SELECT mgr_id FROM emp WHERE mgr_id IS NOT NULL)") > 0


def test_every_nullable_column_has_nulls_and_values(db: Any) -> None:
    nullable = db.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND is_nullable"
    ).fetchall()
    assert len(nullable) >= 15
    for table, column in nullable:
        assert 0 < one(db, f"SELECT COUNT({column}) FROM {table}") < COUNTS[table], f"{table}.{column}"


def test_skew_and_ties(db: Any) -> None:
    busiest = one(db, "SELECT SUM(n) FROM (SELECT COUNT(*) n FROM ord GROUP BY cust_id ORDER BY n DESC LIMIT 240)")
    assert busiest > 0.35 * COUNTS["ord"], "240 customers (7.5 %) place more than a third of the orders"
    assert one(db, "SELECT COUNT(*) - COUNT(DISTINCT sal) FROM emp WHERE sal IS NOT NULL") > 20
    assert one(db, "SELECT COUNT(*) - COUNT(DISTINCT cust_nm) FROM cust") == 30
    for table, label in [
        ("prd", "prd_nm"),
        ("emp", "emp_nm"),
        ("sup", "sup_nm"),
        ("prd_ctg", "ctg_nm"),
        ("promo", "promo_nm"),
    ]:
        assert one(db, f"SELECT COUNT(*) - COUNT(DISTINCT {label}) FROM {table}") == 0, "these names are unique"


@pytest.mark.parametrize("sql", INVARIANTS.values(), ids=INVARIANTS.keys())
def test_invariants(db: Any, sql: str) -> None:
    assert one(db, sql) == 0


def test_easily_confused_dates_differ(db: Any) -> None:
    for other in ("prom_dt", "ship_dt"):
        assert one(db, f"SELECT COUNT(*) FROM ord WHERE MONTH(ord_dt) <> MONTH({other})") > 500


def test_glossary_names_exist_and_cover_the_schema(db: Any, glossary: Glossary) -> None:
    found = columns(db)
    assert set(glossary.tables) == set(found)
    for table, words in glossary.tables.items():
        assert set(words.columns) == set(found[table])
        assert {words.label, words.date} - {""} <= set(found[table])
        assert words.name and words.plural
        for column, text in words.columns.items():
            assert text.name and 1 <= len(text.synonyms) <= 5, f"{table}.{column}"


def test_glossary_codes_are_the_codes_in_use(db: Any, glossary: Glossary) -> None:
    coded = [(t, c) for t, words in glossary.tables.items() for c, text in words.columns.items() if text.values]
    assert {(t, c) for t, names in columns(db).items() for c in names if c.endswith("_cd")} == set(coded)
    for table, column in coded:
        used = {row[0] for row in db.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()} - {None}
        assert used <= set(glossary.column(table, column).values), f"{table}.{column}"


# How metrics and segments reach the further tables they name.
JOINS = {("ord_ln", "ord"): "ord_id", ("ord_ln", "prd"): "prd_id", ("stk", "prd"): "prd_id"}


def test_metrics_run(db: Any, glossary: Glossary) -> None:
    assert 8 <= len(glossary.metrics) <= 13
    for name, metric in glossary.metrics.items():
        joins = "".join(
            f" JOIN {t} ON {t}.{JOINS[metric.table, t]} = {metric.table}.{JOINS[metric.table, t]}"
            for t in metric.tables
        )
        where = f" WHERE {metric.where}" if metric.where else ""
        assert one(db, f"SELECT {metric.sql} FROM {metric.table}{joins}{where}") > 0, name
        if metric.date:
            table, column = metric.date.split(".")
            assert table in {metric.table, *metric.tables} and column in columns(db)[table], name


def test_segments_split_their_table(db: Any, glossary: Glossary) -> None:
    assert 6 <= len(glossary.segments) <= 12
    for name, segment in glossary.segments.items():
        assert not segment.tables
        assert 0 < one(db, f"SELECT COUNT(*) FROM {segment.table} WHERE {segment.where}") < COUNTS[segment.table], name

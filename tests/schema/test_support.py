"""What speaks against a query: columns left out, conditions without a reason, numbers out of range, cues gone against."""

from __future__ import annotations

import re

import pytest

from sqlkit.schema.ddl import parse_ddl
from sqlkit.schema.glossary import ColumnWords, Glossary, Metric, TableWords
from sqlkit.schema.link import Linker
from sqlkit.schema.said import said
from sqlkit.schema.support import missing_columns, out_of_range, unfounded, unlike
from sqlkit.schema.values import ColumnProfile, Profile

SCHEMA = parse_ddl(
    "CREATE TABLE cust (id INTEGER PRIMARY KEY, nm VARCHAR, city VARCHAR, tier VARCHAR, reg_dt DATE, lim DOUBLE);"
    "CREATE TABLE ord (no INTEGER PRIMARY KEY, cust_id INTEGER REFERENCES cust (id), frt DOUBLE, ord_dt DATE)"
)
GLOSSARY = Glossary(
    tables={
        "cust": TableWords(
            name="customer", columns={"tier": ColumnWords(values={"G": ["gold"]}), "lim": ColumnWords(name="credit limit"), "reg_dt": ColumnWords(name="registered")}
        ),
        "ord": TableWords(name="order", columns={"frt": ColumnWords(name="freight")}),
    },
    metrics={"average freight": Metric(table="ord", sql="AVG(ord.frt)")},
)
PROFILE = Profile({"cust.lim": ColumnProfile(9, 0.0, (), tuple(range(100, 1200, 100)))}, {"lyon": (("cust", "city", "Lyon"),)})
LINKER = Linker(SCHEMA, GLOSSARY, PROFILE)


@pytest.mark.parametrize(
    ("question", "sql", "missing"),
    [
        ("credit limit of customers in Lyon", "SELECT lim FROM cust WHERE city = 'Lyon'", 0),
        ("credit limit of customers in Lyon", "SELECT nm FROM cust WHERE city = 'Lyon'", 2),  # credit, limit
        ("freight by customer", "SELECT cust_id, SUM(frt) FROM ord GROUP BY cust_id", 0),
        ("when was each customer registered", "SELECT nm FROM cust", 1),
        ("average freight", "SELECT COUNT(*) FROM ord", 0),  # a metric: left to evidence
    ],
)
def test_columns_that_are_spoken_of(question: str, sql: str, missing: int) -> None:
    names = set(re.findall(r"[a-z_]\w*", sql))
    assert missing_columns(question, LINKER, LINKER.link(question))(names) == missing


@pytest.mark.parametrize(
    ("question", "sql", "unfounded_"),
    [
        ("gold customers", "SELECT nm FROM cust WHERE tier = 'G'", 0),
        ("gold customers", "SELECT nm FROM cust WHERE tier = 'G' AND lim > 500", 1),
        ("customers in Lyon", "SELECT nm FROM cust WHERE city = 'Lyon' AND reg_dt IS NULL", 1),
        ("customers of 2024", "SELECT nm FROM cust WHERE reg_dt >= '2024-01-01'", 0),
        ("orders of customer 5", "SELECT no FROM ord WHERE cust_id = 5", 0),
    ],
)
def test_conditions_without_a_reason(question: str, sql: str, unfounded_: int) -> None:
    assert unfounded(question, LINKER, GLOSSARY, LINKER.link(question), said(question, LINKER))(sql) == unfounded_


@pytest.mark.parametrize(("sql", "beyond"), [("lim > 500", 0), ("lim > 5000", 1), ("lim < 1", 1), ("frt > 9999", 0), ("COUNT(*) > 5000", 0)])
def test_numbers_beyond_what_is_there(sql: str, beyond: int) -> None:
    assert out_of_range(LINKER)(f"SELECT nm FROM cust WHERE {sql}") == beyond


@pytest.mark.parametrize(
    ("question", "sql", "against"),
    [
        ("how many customers", "SELECT COUNT(*) FROM cust", 0),
        ("how many customers", "SELECT nm FROM cust", 1),
        ("mean credit limit", "SELECT AVG(lim) FROM cust", 0),
        ("mean credit limit", "SELECT MAX(lim) FROM cust", 1),
        ("credit limit of Ann", "SELECT AVG(lim) FROM cust", 1),
        ("customers who never ordered", "SELECT nm FROM cust WHERE id NOT IN (SELECT cust_id FROM ord)", 0),
        ("customers who never ordered", "SELECT nm FROM cust WHERE id IN (SELECT cust_id FROM ord)", 1),
        ("customers who ordered", "SELECT nm FROM cust WHERE id NOT IN (SELECT cust_id FROM ord)", 1),
        ("orders per customer", "SELECT COUNT(*) FROM ord", 1),
        ("orders per customer", "SELECT cust_id, COUNT(*) FROM ord GROUP BY cust_id", 0),
        ("freight of order no. 5", "SELECT frt FROM ord WHERE no = 5", 0),
        ("names of customers", "SELECT nm, nm FROM cust", 1),
        ("customers in Lyon", "SELECT nm FROM cust WHERE city = 'Lyon' AND city = 'Lyon'", 1),
    ],
)
def test_cues(question: str, sql: str, against: int) -> None:
    assert unlike(question, LINKER.link(question))(sql) == against

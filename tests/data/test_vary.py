"""People's questions with other values: question and query change alike, and nothing that the question does not say changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sqlkit.data import company
from sqlkit.data.vary import vary
from sqlkit.database import Sandbox
from sqlkit.prompt import Context
from sqlkit.records import Example
from sqlkit.sql.skeleton import skeleton

PAYROLL = "SELECT SUM(emp.sal) FROM emp JOIN wh ON emp.wh_id = wh.wh_id WHERE wh.wh_nm = 'Rotterdam Port'"
# question, query, what the new question looks like, what the new query looks like (the same groups), or None where nothing may change
CASES: list[tuple[str, str, str | None, str]] = [
    ("total salary of employees at Rotterdam Port?", PAYROLL, r"employees at (.+)\?", r"wh_nm = '(.+)'$"),
    ("total salary of employees at rotterdam port?", PAYROLL, r"employees at ([^A-Z]+)\?", r"wh_nm = '(.+)'$"),
    ("top 3 products by weight", "SELECT prd_nm FROM prd ORDER BY wgt_kg DESC NULLS LAST LIMIT 3", r"top (\d+) products", r"LIMIT (\d+)$"),
    ("orders in 2024", "SELECT COUNT(*) FROM ord WHERE YEAR(ord_dt) = 2024", r"orders in (20\d\d)$", r"= (20\d\d)$"),
    ("orders in March 2024", "SELECT COUNT(*) FROM ord WHERE ord_dt BETWEEN '2024-03-01' AND '2024-03-31'",
     r"March (20\d\d)$", r"'(20\d\d)-03-01' AND '20\d\d-03-31'"),
    ("how many gold customers", "SELECT COUNT(*) FROM cust WHERE tier_cd = 'G'", r"how many (silver|bronze) customers", r"tier_cd = '([SB])'"),
    ("how many Silver customers", "SELECT COUNT(*) FROM cust WHERE tier_cd = 'S'", r"how many (Gold|Bronze) customers", r"tier_cd = '([GB])'"),
    ("orders with more than five lines, how many", "SELECT COUNT(*) FROM ord WHERE ord_id IN (SELECT ord_id FROM ord_ln GROUP BY ord_id HAVING COUNT(*) > 5)",
     r"more than (two|three|four|six|seven|eight|nine|ten) lines", r"> (\d+)\)"),
    # the year is the question's, the status is not: cancelled orders stay left out
    ("net revenue 2024", "SELECT SUM(ord_ln.qty * ord_ln.unit_prc * (1 - ord_ln.dsc_rt)) FROM ord_ln JOIN ord ON ord_ln.ord_id = ord.ord_id "
     "WHERE ord.st_cd <> 'X' AND YEAR(ord.ord_dt) = 2024", r"net revenue (20\d\d)", r"'X' AND YEAR\(ord.ord_dt\) = (20\d\d)$"),
    ("how many orders are there", "SELECT COUNT(*) FROM ord", None, ""),
    ("open orders", "SELECT COUNT(*) FROM ord WHERE st_cd IN ('N', 'P', 'H')", None, ""),
    # 29 February has no counterpart
    ("orders on 29 February 2024", "SELECT COUNT(*) FROM ord WHERE ord_dt = '2024-02-29'", None, ""),
]  # fmt: skip
WORDS = dict(zip("two three four five six seven eight nine ten".split(), map(str, range(2, 11)), strict=True))
CODES = {"silver": "S", "bronze": "B", "gold": "G"}


@pytest.fixture(scope="module")
def context(retail: Path) -> Context:
    return Context.load(retail, company.glossary())


@pytest.mark.parametrize("question, sql, asks, answers", CASES, ids=[c[0] for c in CASES])
def test_cases(question: str, sql: str, asks: str | None, answers: str, context: Context, retail: Path) -> None:
    with Sandbox(retail) as sandbox:
        made = vary([Example("q", question, sql)], context, sandbox, 3, seed=1)
    if asks is None:
        assert made == []
        return
    assert made
    for example, of in made:
        assert of.id == "q"
        assert example.sql and example.sql != sql
        said, written = re.search(asks, example.question), re.search(answers, example.sql)
        assert said and written, (example.question, example.sql)
        value = said[1]
        assert (WORDS.get(value) or CODES.get(value.lower()) or value).lower() == written[1].lower()


def test_people_s_train_questions(context: Context, retail: Path) -> None:
    people = company.questions("train")
    with Sandbox(retail) as sandbox:
        made, again = (vary(people, context, sandbox, 2, seed=5) for _ in range(2))
        assert made == again
        assert len(made) > len(people) / 2
        assert len({e.question.lower() for e, _ in made} | {e.question.lower() for e in people}) == len(made) + len(people)
        for example, of in made:
            assert example.sql and of.sql and sandbox.run(example.sql).rows
            assert skeleton(example.sql) == skeleton(of.sql)

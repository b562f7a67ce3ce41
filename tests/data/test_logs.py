"""Query logs, as the databases write them, over the embedded company: grouped, their values drawn, run, worded, marked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sqlkit.data import company
from sqlkit.data.logs import read_log
from sqlkit.data.mine import Group, group, mine, skeletons
from sqlkit.database import Sandbox
from sqlkit.errors import InputError
from sqlkit.prompt import Context
from sqlkit.records import Example

LOGS = Path(__file__).parent / "logs"


@pytest.fixture(scope="module")
def context(retail: Path) -> Context:
    return Context.load(retail, company.glossary())


def mined(name: str, context: Context, retail: Path, seed: int = 0) -> tuple[list[Group], list[Example], Counter[str]]:
    dropped: Counter[str] = Counter()
    groups = group(read_log(LOGS / name, dropped), context.tables(), dropped)
    with Sandbox(retail) as sandbox:
        return groups, mine(context, sandbox, groups, seed, dropped), dropped


@pytest.mark.parametrize(
    ("name", "log", "dialect", "count"),
    [
        ("pg_stat_statements.csv", "pg_stat_statements", "postgres", 9), ("mysql_general.log", "mysql_general_log", "mysql", 5),
        ("snowflake_history.csv", "snowflake_history", "snowflake", 2), ("bigquery_jobs.jsonl", "bigquery_history", "bigquery", 2),
        ("reports.sql", "sql_file", "duckdb", 3),
    ],
)
def test_a_log_is_known_by_what_stands_in_it(name: str, log: str, dialect: str, count: int) -> None:
    read = list(read_log(LOGS / name, Counter()))
    assert {(one.log, one.dialect) for one in read} == {(log, dialect)} and len(read) == count


def test_statements_that_differ_in_values_only_are_one_group(context: Context, retail: Path) -> None:
    groups, made, dropped = mined("mysql_general.log", context, retail)
    assert [(g.masked, g.calls) for g in groups] == [
        ("SELECT prd_nm, lst_prc FROM prd WHERE lst_prc > ? ORDER BY lst_prc DESC", 2),
        ("SELECT AVG(frt_amt) FROM ord WHERE YEAR(CAST(ord_dt AS DATE)) = ?", 1),
        ("SELECT COUNT(*) FROM cust WHERE cntry_cd = ?", 1),
    ]
    assert dropped == {"not a SELECT": 1}
    assert {e.sql for e in made} >= {"SELECT prd_nm, lst_prc FROM prd WHERE lst_prc > 250 ORDER BY lst_prc DESC", "SELECT COUNT(*) FROM cust WHERE cntry_cd = 'FR'"}
    assert skeletons(groups)["SELECT c, c FROM t WHERE c > ? ORDER BY c DESC"] == 2


def test_values_that_the_log_lost_are_drawn_from_the_data(context: Context, retail: Path) -> None:
    groups, made, dropped = mined("pg_stat_statements.csv", context, retail)
    assert groups[0].calls == 1840 and groups[0].masked == "SELECT cust_nm, city FROM cust WHERE city = ? ORDER BY cust_nm"
    assert dropped == {
        "not a SELECT": 2, "a system statement": 1, "tables that the database does not have": 1, "depends on the moment or on chance": 1,
        "LIMIT without ORDER BY": 1,
    }
    with Sandbox(retail) as sandbox:
        for example in made:
            assert "?" not in (example.sql or "") and sandbox.run(example.sql or "").rows, example
    assert {e.made_by for e in made} == {"log"} and all(e.shape.startswith("log: ") and e.difficulty for e in made)
    cities = [e for e in made if "city = " in (e.sql or "")]
    assert len(cities) == 3 and all((e.sql or "").split("'")[1] in e.question for e in cities)


@pytest.mark.parametrize("name", ["snowflake_history.csv", "bigquery_jobs.jsonl", "reports.sql"])
def test_other_logs_make_examples_as_well(name: str, context: Context, retail: Path) -> None:
    groups, made, _ = mined(name, context, retail)
    assert len(made) >= len(groups) == 2
    assert mined(name, context, retail)[1] == made


def test_failed_and_broken_entries_are_counted(context: Context, retail: Path) -> None:
    assert mined("bigquery_jobs.jsonl", context, retail)[2] == {
        "failed, or not a SELECT by the log's own word": 1, "bigquery_jobs.jsonl line 3 is not a JSON object": 1,
    }


def test_a_question_by_someone_else_is_marked(context: Context, retail: Path) -> None:
    groups = group(read_log(LOGS / "reports.sql", Counter()), context.tables(), Counter())
    with Sandbox(retail) as sandbox:
        made = mine(context, sandbox, groups[:1], 0, Counter(), writer=lambda sql, told: (f"please {told}", "a model"))
    assert made[0].made_by == "log, question by a model" and made[0].question.startswith("please ")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("log.csv", "a,b\n1,2\n", "needed are"), ("log.txt", "Dear diary\n", "is no query log"), ("log.json", "[", "is not JSON"),
    ],
)
def test_a_file_that_is_no_log_is_one_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=told) as caught:
        list(read_log(tmp_path / name, Counter()))
    assert "\n" not in str(caught.value)

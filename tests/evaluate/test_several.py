"""One gold and one prediction on several databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sqlkit.database import Sandbox
from sqlkit.errors import InputError
from sqlkit.evaluate.grade import Grader, grade
from sqlkit.records import Example, Grade, Prediction

TABLE = "CREATE TABLE c (id INTEGER, name VARCHAR, age INTEGER, city VARCHAR)"
ROWS = {
    "big": "(1,'a',3,'x'),(2,'b',4,'x'),(3,'c',3,'y'),(4,'c',NULL,'y')",
    "small": "(3,'a',3,'x'),(4,'b',4,'x'),(3,'d',3,'z')",
    "empty": "",
}


@pytest.fixture(scope="module")
def three() -> Iterator[list[Sandbox]]:
    scripts = {name: [TABLE, f"INSERT INTO c VALUES {rows}"] if rows else [TABLE] for name, rows in ROWS.items()}
    opened = [Sandbox("", script=script, name=name) for name, script in scripts.items()]
    yield opened
    for sandbox in opened:
        sandbox.close()


def judge(databases: list[Sandbox], gold: str, said: str, *others: str, **more: str) -> Grade:
    grader = Grader(databases, **more)  # type: ignore[arg-type]
    return grader.grade(Example("q", "?", gold, alternatives=others), Prediction("q", said, said))


@pytest.mark.parametrize(
    ("gold", "said", "verdict", "witness", "words"),
    [
        ("SELECT name FROM c", "SELECT name FROM c WHERE id < 9", "equivalent", None, "on 3 databases"),
        ("SELECT id, age FROM c", "SELECT age, id FROM c", "equivalent", None, ""),
        ("SELECT name FROM c WHERE id = 3", "SELECT name FROM c WHERE id = 3 LIMIT 1", "different", "small", "on database small"),
        # the gold returns fewest rows on the small one: that is the witness to show
        ("SELECT name FROM c", "SELECT name FROM c WHERE id > 3", "different", "small", ""),
        ("SELECT COUNT(*) FROM c", "SELECT 4", "different", "small", ""),
        # id and age: on the small database either may be the other's, on the big one they may not
        ("SELECT id, age FROM c WHERE id = 3", "SELECT age, id FROM c WHERE id = 3", "equivalent", None, ""),
        ("SELECT MIN(id) FROM c", "SELECT id FROM c LIMIT 1", "different", "empty", ""),  # NULL is not no row
        ("SELECT MIN(id) FROM c HAVING COUNT(*) > 0", "SELECT id FROM c LIMIT 1", "different", "small", "happen to be stored"),
        ("SELECT nme FROM c", "SELECT name FROM c", "gold_broken", None, "on database big"),
        ("SELECT name FROM c", "SELECT nme FROM c", "error", None, "nme"),
        ("SELECT name FROM c WHERE id > 9", "SELECT name FROM c WHERE id > 8", "undecidable", None, "no rows on any database"),
        ("SELECT name FROM c WHERE id > 9", "select name\nfrom C where id > 9", "equivalent", None, ""),
        ("SELECT name FROM c WHERE id > 9", "SELECT name, id FROM c WHERE id > 9", "different", "big", "2 columns instead of 1"),
        ("SELECT name FROM c WHERE id > 9", "SELECT name FROM c WHERE id > 3", "different", "big", ""),
    ],
)
def test_verdicts(three: list[Sandbox], gold: str, said: str, verdict: str, witness: str | None, words: str) -> None:
    found = judge(three, gold, said)
    assert (found.verdict, words in found.reason) == (verdict, True), found.reason
    if witness:
        assert found.details["witness"] == witness


def test_one_permutation_of_columns_must_fit_all_databases() -> None:
    make = "CREATE TABLE t (a INTEGER, b INTEGER)"
    rows = [make, "INSERT INTO t VALUES (1, 2), (1, 2)"], [make, "INSERT INTO t VALUES (4, 3), (4, 3)"]
    with Sandbox("", script=rows[0], name="one") as one, Sandbox("", script=rows[1], name="two") as two:
        sorting = "SELECT LEAST(a, b), GREATEST(a, b) FROM t"  # each database alone allows it, under other columns
        assert judge([one], "SELECT a, b FROM t", sorting).verdict == "equivalent"
        assert judge([two], "SELECT a, b FROM t", sorting).verdict == "equivalent"
        found = judge([one, two], "SELECT a, b FROM t", sorting)
        assert (found.verdict, found.details["witness"]) == ("different", "two")
        assert "no one order of columns" in found.reason
        assert judge([one, two], "SELECT a, b FROM t", "SELECT b, a FROM t").verdict == "equivalent"
        strict = judge([one, two], "SELECT a, b FROM t", "SELECT b, a FROM t", policy="strict")
        assert strict.verdict == "different"


def test_an_answer_that_fails_on_one_database_is_an_error_there(three: list[Sandbox]) -> None:
    found = judge(three, "SELECT id FROM c WHERE age IS NULL", "SELECT id FROM c WHERE error(name) IS NULL AND age IS NULL")
    assert found.verdict == "error"


def test_any_of_several_golds_will_do(three: list[Sandbox]) -> None:
    assert judge(three, "SELECT name FROM c", "SELECT id FROM c", "SELECT id FROM c").verdict == "equivalent"
    assert judge(three, "SELECT nme FROM c", "SELECT id FROM c", "SELECT id FROM c").verdict == "equivalent"
    assert judge(three, "SELECT nme FROM c", "SELECT age FROM c", "SELECT id FROM c").verdict == "different"
    assert judge(three, "SELECT nme FROM c", "SELECT age FROM c", "SELECT idd FROM c").verdict == "gold_broken"
    assert judge(three, "SELECT random()", "SELECT age FROM c", "SELECT id FROM c").verdict == "undecidable"


@pytest.mark.parametrize(
    ("policy", "said", "verdict"),
    [
        ("strict", "SELECT id, name FROM c", "equivalent"),
        ("strict", "SELECT name, id FROM c", "different"),
        ("strict", "SELECT id, name FROM c ORDER BY 2 DESC", "equivalent"),
        ("relaxed", "SELECT name, id, age FROM c", "different"),
        ("subset", "SELECT name, age, id FROM c", "equivalent"),
        ("subset", "SELECT * FROM c", "equivalent"),
        ("subset", "SELECT name FROM c", "different"),
        ("subset", "SELECT name, name, age FROM c", "different"),
        ("subset", "SELECT DISTINCT id, name, age FROM c WHERE id <> 2", "different"),
    ],
)
def test_policies(three: list[Sandbox], policy: str, said: str, verdict: str) -> None:
    assert judge(three, "SELECT id, name FROM c", said, policy=policy).verdict == verdict


def test_a_subset_pairs_columns_within_rows(three: list[Sandbox]) -> None:
    scrambled = "SELECT a.id, b.name, 1 FROM c a, c b WHERE a.id = 5 - b.id AND b.id < 5"
    assert judge(three[:1], "SELECT id, name FROM c", scrambled, policy="subset").verdict == "different"


def test_weak_databases_cannot_say_equivalent(three: list[Sandbox]) -> None:
    assert judge(three, "SELECT id FROM c", "SELECT id FROM c WHERE id < 99", weak="too few").verdict == "undecidable"
    assert judge(three, "SELECT id FROM c", "select id from c", weak="too few").verdict == "equivalent"
    assert judge(three, "SELECT id FROM c", "SELECT id FROM c WHERE id < 4", weak="too few").verdict == "different"


def test_golds_that_hang_on_the_order_of_rows_judge_only_where_they_do_not(three: list[Sandbox]) -> None:
    shaky = "SELECT age FROM (SELECT age FROM c WHERE id = 3 LIMIT 1)"  # one candidate or equal ones: stable everywhere
    assert judge(three, shaky, "SELECT MAX(age) FROM c WHERE id = 3 HAVING COUNT(*) > 0").verdict == "equivalent"
    assert judge(three, "SELECT name FROM (SELECT name FROM c LIMIT 1)", "SELECT 'a'").verdict == "undecidable"


def test_what_cannot_be_graded_on(three: list[Sandbox]) -> None:
    with pytest.raises(InputError, match="no database"):
        Grader([])
    with pytest.raises(InputError, match="unknown policy 'lax'"):
        judge(three, "SELECT 1", "SELECT 1", policy="lax")
    assert grade(Example("q", "?", None), Prediction("q", None, ""), three).correct

"""Questions end to end: real schema reading, prompt, sandbox; only the model is scripted."""

from __future__ import annotations

import datetime
import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sqlkit.errors import AdapterError, DatabaseError, InputError, SchemaError
from sqlkit.model.replay import ReplayModel
from sqlkit.query import Asker

ANSWERS = {
    "how many customers are there?": "SELECT COUNT(*) FROM cust",
    "total amount of shipped orders": "```sql\nSELECT SUM(amt) FROM ord WHERE st_cd = 'S';\n```",
    "orders by status": "SELECT st_cd, COUNT(*) FROM ord GROUP BY st_cd ORDER BY COUNT(*) DESC",
    "when did Bob order?": "SELECT ord_ts FROM ord WHERE cust_id = 2",
    "customers in Paris": "SELECT nm FROM cust WHERE city = 'Paris'",
    "favourite colour of Ada": "CANNOT ANSWER: colour",
    "delete everything": "DELETE FROM ord",
    "drop it": "SELECT 1; DROP TABLE ord",
    "read my files": "SELECT * FROM read_text('/etc/hostname')",
    "a broken one": "SELECT nope FROM cust",
    "an endless one": "SELECT SUM(HASH(a.range, b.range, c.range)) FROM range(99999) a, range(99999) b, range(99999) c",
    "many numbers": "SELECT a.cust_id FROM cust a, cust b, cust c",
    "say nothing": "",
    "full order 1": "SELECT ord_id, amt, ord_ts, doc FROM ord WHERE ord_id = 1",
}


@pytest.fixture(scope="module")
def asker(shop: Path, glossary: Path) -> Iterator[Asker]:
    with Asker(shop, glossary=glossary, model=ReplayModel(ANSWERS), seconds=0.5, max_rows=20) as made:
        yield made


@pytest.mark.parametrize(
    ("question", "rows", "said"),
    [
        ("how many customers are there?", [[3]], "There are 3 customers."),
        ("total amount of shipped orders", [[110.5]], "Total amount of shipped orders: 110.50 EUR."),
        ("orders by status", [["S", 2], ["X", 1]], "2 results: shipped (count 2) and cancelled (count 1)."),
        ("when did Bob order?", [["2024-04-02T00:00:00"]], "When did Bob order: 2 April 2024."),
        ("customers in Paris", [], "Nothing in the database matches: Customers in Paris."),
    ],
)
def test_answers(asker: Asker, question: str, rows: list[Any], said: str) -> None:
    answer = asker.ask(question)
    made = answer.to_json()
    assert (made["rows"], made["answer"], made["refused"], answer.error) == (rows, said, False, "")
    assert made["seconds"] > 0


def test_json_has_exactly_the_promised_keys_and_plain_cells(asker: Asker) -> None:
    made = asker.ask("full order 1").to_json()
    assert list(made) == ["sql", "columns", "rows", "answer", "refused", "seconds"]
    assert made["columns"] == ["ord_id", "amt", "ord_ts", "doc"]
    assert made["rows"] == [[1, 100.5, "2024-03-05T14:30:00", b"ab".hex()]]
    assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_rows_keep_their_types(asker: Asker) -> None:
    assert asker.ask("when did Bob order?").rows == ((datetime.datetime(2024, 4, 2),),)


@pytest.mark.parametrize(
    ("question", "why", "said"),
    [
        ("", "question", "The question is empty."),
        (" \n ", "question", "The question is empty."),
        ("?!", "question", "The question has no words."),
        ("x" * 1001, "question", "1,001 characters"),
        ("Combien de clients avons-nous ?", "question", "French"),
        ("favourite colour of Ada", "model", "This database cannot answer that (missing: colour)."),
    ],
)
def test_refusals(asker: Asker, question: str, why: str, said: str) -> None:
    answer = asker.ask(question)
    assert (answer.refused, answer.why, answer.sql, answer.rows) == (True, why, None, ())
    assert said in answer.answer


@pytest.mark.parametrize(
    ("question", "kind", "said"),
    [
        ("delete everything", "unsafe", "not a read-only query"),
        ("drop it", "unsafe", "not a read-only query"),
        ("read my files", "unsafe", "not a read-only query"),
        ("a broken one", "bind", "does not have"),
        ("an endless one", "time", "took too long"),
        ("say nothing", "parse", "not valid"),
    ],
)
def test_a_models_mistake_is_a_value(asker: Asker, question: str, kind: str, said: str) -> None:
    answer = asker.ask(question)
    assert answer.error.startswith(kind), answer.error
    assert said in answer.answer
    assert not answer.refused
    assert asker.ask("how many customers are there?").rows == ((3,),)


def test_a_cut_result_says_so(asker: Asker) -> None:
    answer = asker.ask("many numbers")
    assert answer.truncated
    assert len(answer.rows) == 20
    assert answer.answer.startswith("More than 20 results, beginning with 1")


def test_one_asker_serves_many_threads(asker: Asker) -> None:
    questions = ["how many customers are there?", "customers in Paris"] * 8
    got: dict[int, str] = {}
    threads = [
        threading.Thread(target=lambda i=i, q=q: got.setdefault(i, asker.ask(q).answer))
        for i, q in enumerate(questions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got[i] for i in range(16)] == [
        "There are 3 customers.",
        "Nothing in the database matches: Customers in Paris.",
    ] * 8


def test_an_unsure_model_is_held_to_refuse(shop: Path, adapter: Path, script: Any) -> None:
    for probability, refused in ((0.39, False), (0.4, True)):
        model = script(lambda prompt, grammar: "SELECT COUNT(*) FROM cust", refuse_probability=probability)
        with Asker(shop, adapter, model=model) as asker:
            answer = asker.ask("how many customers are there?")
        assert (answer.refused, answer.why) == (refused, "unsure" if refused else "")


def test_examples_of_the_adapter_stand_in_the_prompt(shop: Path, adapter: Path, script: Any) -> None:
    for shots in (0, 1):
        model = script(lambda prompt, grammar: "SELECT COUNT(*) FROM cust")
        with Asker(shop, adapter, model=model, shots=shots) as asker:
            asker.ask("how many customers live in Lyon?")
        prompt, constrained = model.asked[0]
        assert ("example: how many customers live in Nice? => SELECT 1" in prompt.user) == bool(shots)
        assert "(customer)" in prompt.user  # the adapter's glossary
        assert constrained


def test_a_handed_in_model_is_not_closed(shop: Path, script: Any) -> None:
    model = script(lambda prompt, grammar: "SELECT 1")
    Asker(shop, model=model).close()
    assert not model.closed


def test_other_languages_are_let_through_for_a_model_that_knows_them(shop: Path) -> None:
    model = ReplayModel({}, default="SELECT COUNT(*) FROM cust")
    with Asker(shop, model=model, english_only=False) as asker:
        assert asker.ask("Combien de clients avons-nous ?").rows == ((3,),)


def test_sqlite(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("CREATE TABLE t (x INTEGER)")
        connection.execute("INSERT INTO t VALUES (5), (6)")
    connection.close()
    with Asker(f"sqlite:///{tmp_path / 'a.sqlite'}", model=ReplayModel({}, default="SELECT SUM(x) FROM t")) as asker:
        assert asker.ask("what is the sum of x?").answer == "The sum of x is 11."


def test_a_missing_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="does not exist"):
        Asker(tmp_path / "none.duckdb", model=ReplayModel({}))


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.duckdb").write_text("not a database")
    with pytest.raises(DatabaseError):
        Asker(tmp_path / "x.duckdb", model=ReplayModel({}))


def test_an_empty_database(tmp_path: Path) -> None:
    import duckdb

    duckdb.connect(str(tmp_path / "e.duckdb")).close()
    with pytest.raises(SchemaError, match="no tables"):
        Asker(tmp_path / "e.duckdb", model=ReplayModel({}))


def test_a_folder_that_is_no_adapter(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="not an adapter"):
        Asker(shop, tmp_path, model=ReplayModel({}))
    with pytest.raises(AdapterError, match="does not exist"):
        Asker(shop, tmp_path / "none", model=ReplayModel({}))


def test_an_adapter_of_another_database(adapter: Path, tmp_path: Path) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("CREATE TABLE planet (name VARCHAR)")
    with pytest.raises(AdapterError, match=r"none of its tables \(cust, ord, ...\) is here"):
        Asker(tmp_path / "other.duckdb", adapter, model=ReplayModel({}))


def test_a_changed_schema_drops_what_is_gone_from_the_glossary(adapter: Path, tmp_path: Path) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "drift.duckdb")) as connection:
        connection.execute("CREATE TABLE cust (cust_id INTEGER, city VARCHAR)")
    with Asker(tmp_path / "drift.duckdb", adapter, model=ReplayModel({})) as asker:
        glossary = asker.context.glossary
    assert list(glossary.tables) == ["cust"]
    assert "nm" not in glossary.tables["cust"].columns


def test_a_missing_glossary(shop: Path) -> None:
    with pytest.raises(InputError, match="cannot read glossary"):
        Asker(shop, glossary="none.yaml", model=ReplayModel({}))


def test_a_base_that_cannot_be_loaded(shop: Path) -> None:
    with pytest.raises(InputError, match="names no model"):
        Asker(shop, base="http://localhost/v1")

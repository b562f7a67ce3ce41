"""An LLM that rewrites questions and writes examples, behind a server on this machine: real sockets, the real client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sqlkit import commands_data
from sqlkit.data.reading import READ, Judge
from sqlkit.data.rewrite import REWRITE, WRITE, clean
from sqlkit.data.teach import parse
from sqlkit.database import Sandbox, build_database
from sqlkit.errors import InputError, RecipeError, RunError
from sqlkit.prompt import Context
from sqlkit.recipe import Recipe
from sqlkit.records import Example, read_records

DDL = """
CREATE TABLE cust (cust_id INTEGER PRIMARY KEY, nm VARCHAR, city VARCHAR);
CREATE TABLE ord (ord_id INTEGER PRIMARY KEY, cust_id INTEGER REFERENCES cust (cust_id), amt DOUBLE, ord_dt DATE);
"""
CITIES = ("Lyon", "Nice", "Lille")
GOLD = "SELECT COUNT(*) FROM cust WHERE city = 'Lyon'"


class Writer:
    """What the server says: rewrites by a rule, and reads its own rewrites back as long as it is `sound`."""

    def __init__(self) -> None:
        self.sql: dict[str, str] = {}
        self.sound = True
        self.nonsense = False
        self.examples: list[dict[str, str]] = []

    def __call__(self, body: dict[str, Any]) -> str:
        system, user = (m["content"] for m in body["messages"])
        if self.nonsense:
            return "As a language model\nI like turtles"
        if system in (REWRITE, WRITE):
            sql = user.partition("\nSQL: ")[2].partition("\n")[0]
            question = user.partition("\nQuestion: ")[2].partition("\n")[0] if system == REWRITE else "nm by city of cust"
            self.sql[f"kindly tell: {question}"] = sql
            return f'"kindly tell: {question}"'
        if system == READ:
            sql = self.sql.get(user.rpartition("\n")[2].partition("question: ")[2], GOLD)
            return f"```sql\n{sql}\n```" if self.sound else "SELECT 17 FROM cust LIMIT 1"
        self.sql.update({e["question"]: e["sql"] for e in self.examples})
        return "\n".join(["Here you are:", *map(json.dumps, self.examples)])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    import pyarrow as pa

    path = tmp_path / "shop.duckdb"
    customers = {"cust_id": range(30), "nm": [f"Name{i}" for i in range(30)], "city": [CITIES[i % 3] for i in range(30)]}
    orders = {"ord_id": range(90), "cust_id": [i % 29 for i in range(90)], "amt": [i * 7.5 for i in range(90)], "ord_dt": [f"2024-0{1 + i % 9}-11" for i in range(90)]}
    build_database(path, DDL, {"cust": pa.table({k: list(v) for k, v in customers.items()}), "ord": pa.table({k: list(v) for k, v in orders.items()})})
    return path


@pytest.fixture
def writer(loopback: Any, monkeypatch: Any) -> Iterator[Writer]:
    monkeypatch.setattr("sqlkit.model.service.FIRST_WAIT", 0.0)
    loopback.chat = Writer()
    yield loopback.chat


def build(shop: Path, loopback: Any, out: Path, **more: Any) -> tuple[dict[str, Any], list[Example]]:
    recipe = Recipe.of({"database": str(shop), "pairs": 12, "rewrite": f"{loopback.url}#big", **more})
    manifest = commands_data.build(recipe, out, jobs=1, quiet=True)
    return manifest, read_records(Example, out / "examples.jsonl")


def chats(loopback: Any) -> list[str]:
    return [json.dumps(body, sort_keys=True) for _, path, body in loopback.seen if path == "/chat/completions"]


def test_questions_in_the_llms_words_where_they_read_back(shop: Path, loopback: Any, writer: Writer, tmp_path: Path, capsys: Any) -> None:
    manifest, made = build(shop, loopback, tmp_path / "a")
    answerable = [e for e in made if e.sql]
    assert answerable and all(e.question.startswith("kindly tell: ") for e in answerable)
    assert {e.made_by.partition("; ")[2] for e in answerable} == {"question by big, read back"}
    assert all(not e.made_by.endswith("read back") for e in made if not e.sql) and not manifest["notes"]
    asked = chats(loopback)
    assert len(asked) == len(set(asked)) == 1 + 2 * len(answerable)
    told = capsys.readouterr().err
    assert f"big: {len(asked)} answers, 0 of them from the cache; paid for {100 * len(asked):,} tokens in and {20 * len(asked)} out" in told
    build(shop, loopback, tmp_path / "a", input_price=1, output_price=2)  # everything is on disk
    assert len(chats(loopback)) == len(asked) and "paid for 0 tokens in and 0 out, cost 0.0000" in capsys.readouterr().err


@pytest.mark.parametrize(("what", "reason"), [("unsound", "second reading differs"), ("nonsense", "no question in the answer")])
def test_what_does_not_hold_is_counted_and_the_question_stands(what: str, reason: str, shop: Path, loopback: Any, writer: Writer, tmp_path: Path) -> None:
    writer.sound, writer.nonsense = what != "unsound", what == "nonsense"
    manifest, made = build(shop, loopback, tmp_path / "a")
    plain = commands_data.build(Recipe.of({"database": str(shop), "pairs": 12}), tmp_path / "b", jobs=1, quiet=True)
    assert manifest["dropped"][f"rewriting: {reason}"] == sum(e.sql is not None for e in made)
    assert manifest["pairs_sha256"] == plain["pairs_sha256"]


@pytest.mark.parametrize("trouble", ["dies", "limit"])
def test_stopped_in_the_middle_and_run_again_nothing_is_paid_twice(trouble: str, shop: Path, loopback: Any, writer: Writer, tmp_path: Path) -> None:
    whole, _ = build(shop, loopback, tmp_path / "whole")
    first = len(chats(loopback))
    loopback.seen.clear()
    dies = {"dies": {}, "limit": {"cost_limit": 0.012, "input_price": 10, "output_price": 10}}[trouble]

    def dying(body: dict[str, Any]) -> str:
        if len(chats(loopback)) > 7:
            loopback.faults += [loopback.Fault("POST /chat", 503, "overloaded") for _ in range(99)]
        return writer(body)

    loopback.chat = dying if trouble == "dies" else writer
    manifest, made = build(shop, loopback, tmp_path / "part", teacher_parallel=1, **dies)
    assert "the LLM stopped early" in manifest["notes"][0] and 0 < manifest["dropped"]["rewriting: the LLM had stopped"] < len(made)
    assert any("read back" in e.made_by for e in made)
    if trouble == "limit":
        assert len(chats(loopback)) * 120 * 10 / 1e6 <= 0.012
    loopback.faults.clear()
    loopback.chat = writer
    again, _ = build(shop, loopback, tmp_path / "part", teacher_parallel=1)
    assert again["pairs_sha256"] == whole["pairs_sha256"]
    answered = chats(loopback)
    assert len(set(answered)) == first and (trouble == "dies" or len(answered) == first)


def test_examples_are_run_voted_on_and_freed_of_repeats(shop: Path, loopback: Any, writer: Writer, tmp_path: Path) -> None:
    writer.examples = [
        {"question": "how many cust live in Lyon", "sql": GOLD}, {"question": "how many cust live in Lyon?", "sql": GOLD + ";"},
        {"question": "how many cust live in Rome", "sql": "SELECT COUNT(*) FROM cust WHERE town = 'Rome'"}, {"question": "who?", "sql": "DROP TABLE cust"},
        {"question": "total amt of ord", "sql": "SELECT SUM(amt) FROM ord"}, {"question": "cust in Paris", "sql": "SELECT nm FROM cust WHERE city = 'Paris'"},
    ]  # fmt: skip
    manifest, made = build(shop, loopback, tmp_path / "a", rewrite="", teacher=f"{loopback.url}#big", teacher_pairs=10, teacher_samples=3)
    found = {e.question: e for e in made if e.source == "teacher"}
    assert found.keys() == {"how many cust live in Lyon", "total amt of ord"}
    assert found["total amt of ord"].made_by == "teacher: big, 3 of 3 readings agree" and manifest["made_by"]["teacher"] == 2
    why = {k for k in manifest["dropped"] if k.startswith("teacher: ")}
    assert why >= {"teacher: a duplicate", "teacher: bind", "teacher: empty"}
    writer.sound = False
    manifest, made = build(shop, loopback, tmp_path / "b", rewrite="", teacher=f"{loopback.url}#big", teacher_samples=3)
    assert not [e for e in made if e.source == "teacher"] and manifest["dropped"]["teacher: readings of the question disagree"] >= 2
    writer.nonsense = True
    manifest, _ = build(shop, loopback, tmp_path / "c", rewrite="", teacher=f"{loopback.url}#big")
    assert manifest["dropped"]["teacher: no examples in the answer"] >= 6


def test_logged_queries_without_plain_words_get_the_llms(shop: Path, loopback: Any, writer: Writer, tmp_path: Path) -> None:
    log = tmp_path / "reports.sql"
    log.write_text("SELECT SUM(LENGTH(nm)) FROM cust WHERE SUBSTRING(city, 2, 3) = 'yon';\n")
    alone = commands_data.build(Recipe.of({"database": str(shop), "pairs": 3, "logs": [str(log)]}), tmp_path / "b", jobs=1, quiet=True)
    assert any(k.startswith("log: cannot be put into words") for k in alone["dropped"])
    _, made = build(shop, loopback, tmp_path / "a", pairs=3, logs=[str(log)])
    assert [e.made_by for e in made if e.source == "log"] == ["log, question by big"]


def test_a_server_that_is_dead_or_refuses_is_one_line(shop: Path, loopback: Any, writer: Writer, tmp_path: Path) -> None:
    loopback.faults = [loopback.Fault("POST /chat", 401, "wrong key")]
    with pytest.raises(RunError, match=r"refuses \(401\): wrong key"):
        build(shop, loopback, tmp_path / "a")
    with pytest.raises(RunError, match=r"127.0.0.1:9 after 6 tries: cannot be reached"):
        build(shop, loopback, tmp_path / "a", rewrite="http://127.0.0.1:9/v1#big")
    with pytest.raises(InputError, match="names no model"):
        build(shop, loopback, tmp_path / "a", rewrite="http://127.0.0.1:9/v1")
    with pytest.raises(RecipeError, match="cost_limit needs input_price"):
        build(shop, loopback, tmp_path / "a", cost_limit=1)
    assert not (tmp_path / "a" / "pairs.jsonl").exists()
    command = [sys.executable, "-m", "sqlkit", "build", "--database", str(shop), "--rewrite", "http://h/v1", "--out", str(tmp_path / "c")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 2 and done.stderr == "sqlkit: http://h/v1 names no model; write it behind a '#', as in http://h/v1#model\n"


def test_a_model_that_takes_no_temperature_is_asked_without(shop: Path, loopback: Any, writer: Writer, tmp_path: Path) -> None:
    loopback.faults = [
        loopback.Fault("POST /chat", 400, "Unsupported parameter: 'max_tokens'; use 'max_completion_tokens'"), loopback.Fault("POST /chat", 400, "'temperature' takes 1 only"),
    ]  # fmt: skip
    build(shop, loopback, tmp_path / "a", pairs=3)
    assert {"max_completion_tokens", "messages", "model", "seed"} == set(json.loads(chats(loopback)[-1]))


def test_any_llm_of_llamaindex_writes_too(shop: Path, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "ours_llm.py").write_text("from llama_index.core.llms import MockLLM\nllm = MockLLM()\n")
    monkeypatch.chdir(tmp_path)
    recipe = Recipe.of({"database": str(shop), "pairs": 3, "rewrite": "python:ours_llm:llm"})
    manifest = commands_data.build(recipe, tmp_path / "a", jobs=1, quiet=True)  # it repeats what it is asked
    assert manifest["dropped"]["rewriting: no question in the answer"] >= 1
    with pytest.raises(InputError, match="python:nobody:llm cannot be imported"):
        commands_data.build(recipe.model_copy(update={"rewrite": "python:nobody:llm"}), tmp_path / "a", jobs=1, quiet=True)
    with pytest.raises(InputError, match="must be a LlamaIndex LLM, not module"):
        commands_data.build(recipe.model_copy(update={"rewrite": "python:json:decoder"}), tmp_path / "a", jobs=1, quiet=True)


JUDGED = [
    (GOLD, "SELECT COUNT(cust_id) FROM cust WHERE 'Lyon' = city", ""), (GOLD, "SELECT COUNT(*) FROM cust WHERE city <> 'Nice' AND city <> 'Lille'", "second reading differs"),
    ("SELECT nm, city FROM cust", "SELECT city, nm FROM cust ORDER BY nm", ""), ("SELECT nm FROM cust WHERE cust_id > 5", "SELECT nm FROM cust WHERE cust_id >= 6", ""),
    ("SELECT DISTINCT city FROM cust", "SELECT city FROM cust", "second reading differs"), (GOLD, "SELECT COUNT(*) FROM nothing", "second reading does not run"),
    ("SELECT COUNT(*) FROM ord JOIN cust ON ord.cust_id = cust.cust_id", "SELECT COUNT(*) FROM ord", "second reading differs"),
    ("SELECT COUNT(DISTINCT nm) FROM cust", "SELECT COUNT(*) FROM cust", "second reading differs"), (GOLD, None, "second reading refuses"), (GOLD, "", "second reading is no SQL"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "other", "told"), JUDGED)
def test_second_readings_are_judged_on_more_than_the_rows_that_are_there(gold: str, other: str | None, told: str, shop: Path) -> None:
    with Sandbox(shop) as sandbox:
        judge = Judge(Context.load(shop), sandbox)
        assert judge.differ(gold, other) == told
        judge.close()


CLEANED = [
    ('"How many customers?"', "How many customers?"), ("Question: how many there", "how many there"), ("<think>hm</think>\nhow many there", "how many there"),
    ("one\ntwo lines here", ""), ("SELECT a FROM b", ""), ("hm", ""), ("word " * 90, ""), ("CANNOT ANSWER this one", ""),
]


@pytest.mark.parametrize(("text", "question"), CLEANED)
def test_what_counts_as_a_question(text: str, question: str) -> None:
    assert clean(text) == question


def test_examples_are_found_in_whatever_stands_around_them() -> None:
    dropped: Counter[str] = Counter()
    text = 'Sure {here}: [{"question": "how many there", "sql": "SELECT 1"}, {"question": 3, "sql": "x"}] and {"broken'
    assert list(parse(text, dropped)) == [("how many there", "SELECT 1")] and not dropped
    assert list(parse("turtles", dropped)) == [] and dropped == {"teacher: no examples in the answer": 1}

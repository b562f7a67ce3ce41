"""An evaluation that was cut goes on after its last answer, and asks anew when what the answers depend on has changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sqlkit.commands import evaluate
from sqlkit.errors import InputError
from sqlkit.evaluate.kept import KeptAnswers
from sqlkit.model.types import Generation
from sqlkit.records import Example
from tests.loopback import Fault, Loopback

ASKED = [Example(f"q{i}", f"how many people are {i} years old?", f"SELECT COUNT(*) FROM person WHERE age = {i}") for i in range(6)]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    loopback = Loopback()
    loopback.chat = lambda body: f"SELECT COUNT(*) FROM person WHERE age = {body['messages'][-1]['content'].split()[-3]}"
    yield loopback
    loopback.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "people.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript("CREATE TABLE person (id INTEGER PRIMARY KEY, age INTEGER); INSERT INTO person (age) VALUES (0), (1), (2), (3), (4), (5), (5)")
    connection.close()
    return path


def run(server: Loopback, database: Path, out: Path, **more: Any) -> dict[str, Any]:
    return evaluate(ASKED, str(database), out, base=f"{server.url}#m", arms=["base"], quiet=True, **more)


def test_a_cut_evaluation_pays_for_nothing_twice(server: Loopback, database: Path, tmp_path: Path) -> None:
    whole = run(server, database, tmp_path / "whole")
    each = server.count("POST /chat") // len(ASKED)  # a greedy answer, and samples
    server.seen.clear()
    server.chat, answer = lambda body: cut(body), server.chat

    def cut(body: dict[str, Any]) -> str:
        if " 4 years" in str(body["messages"][-1]):
            server.faults = [Fault("POST /chat", 400, "no more money")] * 9  # from the next question on
        return answer(body)

    with pytest.raises(InputError, match="no more money"):
        run(server, database, tmp_path / "cut")
    server.faults, server.chat = [], answer
    server.seen.clear()
    again = run(server, database, tmp_path / "cut")
    assert server.count("POST /chat") == each  # the last question, which failed
    assert [q["arms"]["base"]["sql"] for q in again["questions"]] == [q["arms"]["base"]["sql"] for q in whole["questions"]]
    assert all(q["arms"]["base"]["correct"] for q in again["questions"])
    assert not list((tmp_path / "cut").glob("answers-*"))


def test_another_glossary_is_asked_anew(server: Loopback, database: Path, tmp_path: Path) -> None:
    run(server, database, tmp_path / "out")
    first = server.count("POST /chat")
    run(server, database, tmp_path / "out")
    assert server.count("POST /chat") == first
    glossary = tmp_path / "glossary.yaml"
    glossary.write_text("tables:\n  person:\n    columns:\n      age: {name: years of age}\n")
    run(server, database, tmp_path / "out", glossary=str(glossary))
    assert server.count("POST /chat") == 2 * first


def test_kept_answers_are_read_back_but_for_a_line_that_was_cut(tmp_path: Path) -> None:
    path, said = tmp_path / "a.jsonl", Generation("SELECT 'é'", 3, 0.1, 0.25, ("SELECT 1", "SELECT 2"))
    kept = KeptAnswers(path, {"k": 1})
    kept[4] = said
    kept.update({2: Generation("x")})
    path.write_text(path.read_text(encoding="utf-8") + '[7, {"text": "SEL', encoding="utf-8")
    again = KeptAnswers(path, {"k": 1})
    assert again == {4: said, 2: Generation("x")}
    again[7] = said
    assert KeptAnswers(path, {"k": 1}) == {4: said, 2: Generation("x"), 7: said}
    assert KeptAnswers(path, {"k": 2}) == {} and KeptAnswers(path, {"k": 1}) == {}

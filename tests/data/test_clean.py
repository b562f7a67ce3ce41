"""Public rows: kept, repaired or dropped, each with its reason; the same bytes however often the run is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sqlkit.data import batches
from sqlkit.data.build import build
from sqlkit.data.published import published
from sqlkit.data.sources import SourceRow, source
from sqlkit.data.widen import Wide, survey, widen
from sqlkit.errors import InputError, LeakError
from sqlkit.prompt import Context
from sqlkit.records import Example, Pair, read_records
from sqlkit.schema.types import Column, Schema, Table

CASES = [json.loads(line) for line in Path(__file__).with_name("scc.jsonl").read_text(encoding="utf-8").splitlines()]
SCC = source("sql-create-context")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Accounts and examples of the case file, by question."""
    folder = tmp_path_factory.mktemp("clean")
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps({k: c[k] for k in ("question", "context", "answer")}) + "\n" for c in CASES), encoding="utf-8")
    made, (account,) = published([(SCC, str(path))], folder / "out")
    return {"made": {p.example.id: p for p in made}, "account": account.row()}


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES, 1)), ids=lambda c: c["why"] if isinstance(c, dict) else "")
def test_every_row_has_one_outcome(number: int, case: dict[str, Any], outcomes: dict[str, Any]) -> None:
    name = f"sql-create-context-{number:06d}"
    if "reason" in case:
        assert name not in outcomes["made"]
        given = [reason for reason, ids in outcomes["account"]["ids"].items() if name in ids]
        assert case["reason"] == "no question" or given[0] in case["reason"].split("|")
        return
    example = outcomes["made"][name].example
    assert example.sql == case["sql"]
    assert "made_by" not in case or example.made_by == case["made_by"]


def test_the_account_adds_up(outcomes: dict[str, Any]) -> None:
    account = outcomes["account"]
    assert account["rows"] == len(CASES) == account["kept"] + account["repaired"] + sum(account["dropped"].values())
    assert account["dropped"]["no question"] == 1 and account["repairs"]["strings in double quotes"] >= 2


def test_prompts_show_what_the_answer_needs_and_more(outcomes: dict[str, Any]) -> None:
    for one in outcomes["made"].values():
        for column in one.columns:
            assert column.split(".")[1] in one.pair.prompt.user
    shown = sum(one.pair.prompt.user.count(";") for one in outcomes["made"].values())
    assert shown > sum(len(one.columns) for one in outcomes["made"].values())


def test_distractors_share_no_word_with_the_question() -> None:
    pool = Wide({}, tuple(Column(n) for n in ("team_name", "height", "colour", "weight_kg")), (Table("other", (Column("team"), Column("x"))), Table("far", (Column("q"),))))
    schema = Schema((Table("table_1_1", (Column("player"), Column("points"))),))
    import random

    for seed in range(20):
        wide = widen(schema, "Which teams have a player?", pool, random.Random(seed))
        names = {c.name for t, c in wide.columns() if t.name == "table_1_1"}
        assert {"player", "points"} <= names <= {"player", "points", "height", "colour", "weight_kg"}
        assert wide.table("other") is None
    assert Context(wide).linker.link("Which teams have a player?", [t.name for t in wide.tables]).tables


def test_other_rows_of_the_same_table_lend_their_columns() -> None:
    rows = [SourceRow(str(i), "q", f"SELECT {c} FROM table_7_7 WHERE points > 3", "sqlite", ddl=f"CREATE TABLE table_7_7 ({c} VARCHAR, points VARCHAR)") for i, c in enumerate("ab")]
    pool = survey(rows, 0)
    assert {(c.name, c.type) for c in pool.same["table_7_7"]} == {("a", "VARCHAR"), ("b", "VARCHAR"), ("points", "DOUBLE")}
    assert survey(rows, 0) == pool and pool.of(rows[:1]) == pool


def many(path: Path, count: int) -> Path:
    rows = (
        {"question": f"who has {i} points in game {i % 7}?", "context": f"CREATE TABLE table_2_{i} (player VARCHAR, points VARCHAR)",
         "answer": f'SELECT player FROM table_2_{i} WHERE points = {i} AND player <> "x{i}"'}
        for i in range(count)
    )  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_workers_and_restarts_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH", 16)
    path = many(tmp_path / "rows.jsonl", 48)
    one = list(batches.cleaned(SCC, str(path), tmp_path / "one", Counter(), jobs=1))
    two = list(batches.cleaned(SCC, str(path), tmp_path / "two", Counter(), jobs=2))
    assert one == two and len(one) == 48
    (folder,) = (tmp_path / "two" / "parts").iterdir()
    kept = (folder / "000002.jsonl").stat().st_mtime_ns
    (folder / "000000.jsonl").unlink()
    (folder / ".000001.jsonl.partial").write_text("half a li")
    assert list(batches.cleaned(SCC, str(path), tmp_path / "two", Counter(), jobs=1)) == one
    assert (folder / "000002.jsonl").stat().st_mtime_ns == kept


RUN = """
import sys
from sqlkit.data import batches, build, sources
batches.BATCH = 16
if __name__ == "__main__":
    build.build(sys.argv[2], sources=[(sources.source("sql-create-context"), sys.argv[1])], jobs=2)
"""


def test_killed_and_started_again(tmp_path: Path) -> None:
    path = many(tmp_path / "rows.jsonl", 160)
    script = tmp_path / "run.py"
    script.write_text(RUN)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = [sys.executable, str(script), str(path), str(killed)]
    process = subprocess.Popen(command, start_new_session=True)
    while not list(killed.glob("parts/*/0*.jsonl")):
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "pairs.jsonl").exists()
    subprocess.run(command, check=True)
    build(whole, sources=[(SCC, str(path))])  # in batches of another size, by one process
    for name in ("pairs.jsonl", "examples.jsonl", "data_card.md", "data_card.html"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
    assert not (killed / "parts").exists()


def test_other_rows_or_another_seed_are_other_parts(tmp_path: Path) -> None:
    path = many(tmp_path / "rows.jsonl", 3)
    for seed in (0, 0, 1):
        list(batches.cleaned(SCC, str(path), tmp_path / "out", Counter(), seed=seed))
    many(path, 4)
    assert len(list(batches.cleaned(SCC, str(path), tmp_path / "out", Counter()))) == 4
    assert len(list((tmp_path / "out" / "parts").iterdir())) == 3


def test_a_suite_that_leaks_stops_the_build_and_shows_the_pairs(tmp_path: Path) -> None:
    path = many(tmp_path / "rows.jsonl", 5)
    suite = {"points": [Example("s1", "Who has 3 points in game 3", "SELECT 1")]}
    with pytest.raises(LeakError, match="held out in points") as caught:
        build(tmp_path / "out", sources=[(SCC, str(path))], suites=suite)
    assert "sql-create-context-000004" in str(caught.value) and "s1" in str(caught.value)
    manifest = build(tmp_path / "out", sources=[(SCC, str(path))], suites=suite, drop_leaks=True)
    assert manifest["pairs"] == 4 and manifest["dropped"]["like a question of a suite"] == 1 and manifest["leakage"]["compared"] == {"points": 1}


def test_parts_are_held_out_and_nothing_of_them_is_trained_on(tmp_path: Path) -> None:
    manifest = build(tmp_path / "out", sources=[(SCC, str(many(tmp_path / "rows.jsonl", 40)))], shares={"dev": 0.2, "test": 0.2})
    parts = manifest["parts"]
    assert parts["train"] + parts["dev"] + parts["test"] == 40 and parts["dev"] and parts["test"]
    held = {e.id for name in ("dev", "test") for e in read_records(Example, tmp_path / "out" / f"{name}.jsonl")}
    assert not held & {p.id for p in read_records(Pair, tmp_path / "out" / "pairs.jsonl")}
    assert {json.loads(line)["example_id"] for line in (tmp_path / "out" / "nearest.jsonl").read_text().splitlines()} == held


def test_nothing_left_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"question": "q", "context": "none", "answer": "SELECT 1"}) + "\n")
    with pytest.raises(InputError, match="a schema that cannot be read"):
        build(tmp_path / "out", sources=[(SCC, str(path))])

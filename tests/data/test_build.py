"""Pairs: every query runs, nothing leaks, the same seed gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from sqlkit.data import company
from sqlkit.data.build import build
from sqlkit.data.leakage import leaks
from sqlkit.data.shapes import SHAPES
from sqlkit.database import Sandbox
from sqlkit.errors import LeakError
from sqlkit.evaluate.gold import ask_gold
from sqlkit.prompt import ASK, Context, render_back
from sqlkit.records import Example, Pair, Prompt, read_records
from sqlkit.sql.extract import extract
from sqlkit.train.prune import prune


@pytest.fixture(scope="module")
def built(retail: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built")
    held = [*company.questions("dev"), *company.questions("test")]
    build(out, database=retail, glossary=company.glossary(), pairs=600, seed=3, human=company.questions("train"), held_out=held)
    return out


def test_every_query_runs_and_returns_rows(built: Path, retail: Path) -> None:
    with Sandbox(retail) as sandbox:
        for example in read_records(Example, built / "examples.jsonl"):
            if example.sql is not None:
                result = sandbox.run(example.sql)
                assert result.ok and result.rows, (example.question, example.sql, result.error)


def test_the_same_seed_gives_the_same_pairs(built: Path, retail: Path, tmp_path: Path) -> None:
    held = [*company.questions("dev"), *company.questions("test")]
    build(tmp_path, database=retail, glossary=company.glossary(), pairs=600, seed=3, human=company.questions("train"), held_out=held)
    assert (tmp_path / "pairs.jsonl").read_bytes() == (built / "pairs.jsonl").read_bytes()


def test_nothing_resembles_a_held_out_question(built: Path) -> None:
    held = [*company.questions("dev"), *company.questions("test")]
    assert leaks(read_records(Example, built / "examples.jsonl"), held) == []


def test_a_leaking_human_question_stops_the_build(retail: Path, tmp_path: Path) -> None:
    test = company.questions("test")
    with pytest.raises(LeakError, match="too like held-out") as caught:
        build(tmp_path, database=retail, pairs=5, human=test[:1], held_out=test)
    assert test[0].question in str(caught.value)


def test_many_shapes_refusals_and_all_tables(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    assert len(manifest["shapes"]) >= 0.9 * len(SHAPES)
    assert manifest["coverage"]["tables"] == 1.0
    assert 0.05 < manifest["difficulty"]["unanswerable"] / manifest["pairs"] < 0.25


def test_completions_are_read_back_as_written(built: Path) -> None:
    for pair in read_records(Pair, built / "pairs.jsonl"):
        read = extract(pair.completion)
        assert read is None if pair.completion.startswith("CANNOT ANSWER") else read == pair.completion


def test_the_human_questions_are_what_the_docs_say(retail: Path) -> None:
    splits = {name: company.questions(name) for name in ("train", "more", "dev", "dev_others", "strangers", "test")}
    assert {name: len(rows) for name, rows in splits.items()} == {"train": 120, "more": 1806, "dev": 60, "dev_others": 158, "strangers": 1020, "test": 120}
    assert [sum(e.sql is None for e in splits[name]) for name in ("more", "dev_others", "strangers")] == [179, 31, 104]
    assert sum(e.sql is None for name in ("train", "dev", "test") for e in splits[name]) == 48
    held = [*splits["dev"], *splits["dev_others"], *splits["strangers"], *splits["test"]]
    assert leaks([*splits["train"], *splits["more"]], held) == []
    with Sandbox(retail) as sandbox:
        for example in (e for rows in splits.values() for e in rows if e.sql is not None):
            gold = ask_gold(example.sql or "", sandbox)
            assert not gold.broken and not gold.unstable, example.question
            assert any(cell is not None for row in gold.result.rows for cell in row), example.question


def test_the_manifest_tells_coverage_drops_and_hashes(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    assert manifest["coverage"]["tables_missing"] == [] and 0.5 < manifest["coverage"]["columns"] <= 1
    assert 0.5 < manifest["coverage"]["foreign_keys"] <= 1 and manifest["dropped"]["empty"] > 0 and manifest["seconds"] > 0
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((built / name).read_bytes()).hexdigest() == digest


def test_examples_say_what_they_read_and_how_they_were_made(built: Path) -> None:
    rows = [json.loads(line) for line in (built / "examples.jsonl").read_text().splitlines()]
    assert all({"sql", "question", "shape", "tables", "columns", "difficulty", "made_by"} <= set(row) for row in rows)
    row = next(r for r in rows if r["sql"] and "JOIN" in r["sql"] and r["source"] == "generated")
    assert len(row["tables"]) > 1 and all(c.split(".")[0] in row["tables"] for c in row["columns"]) and row["made_by"].startswith("sampler:")


def test_the_data_card_is_whole_and_self_contained(built: Path) -> None:
    page, text = (built / "data_card.html").read_text(), (built / "data_card.md").read_text()
    assert "<script" not in page and "http-equiv" in page and "<link" not in page and "src=" not in page
    assert page.count("<details>") == text.count("```sql") == 50
    for part in ("Sources and licences", "Coverage", "Difficulty", "Lengths", "Dropped", "Nearest training questions"):
        assert part in page, part
    assert 'class="heat"' in page and "ord_ln" in page and "nearest.jsonl" in text
    held = [*company.questions("dev"), *company.questions("test")]
    assert len((built / "nearest.jsonl").read_text().splitlines()) == len(held)


def test_parts_can_be_held_out_of_one_database(retail: Path, tmp_path: Path) -> None:
    manifest = build(tmp_path, database=retail, glossary=company.glossary(), pairs=120, seed=5, human=company.questions("train")[:20], shares={"test": 0.2})
    assert manifest["leakage"]["compared"]["test"] == manifest["parts"]["test"] > 10
    held = {e.id for e in read_records(Example, tmp_path / "test.jsonl")}
    assert not held & {e.id for e in read_records(Example, tmp_path / "examples.jsonl")}
    assert not any(p.id.startswith(tuple(held)) for p in read_records(Pair, tmp_path / "pairs.jsonl"))


@pytest.mark.parametrize("repeats", [1, 3])
def test_each_of_peoples_questions_is_seen_as_often_as_told(repeats: int, retail: Path, tmp_path: Path) -> None:
    people = company.questions("train")[:12]
    build(tmp_path, database=retail, glossary=company.glossary(), pairs=5, seed=5, human=people, repeats=repeats)
    pairs = read_records(Pair, tmp_path / "pairs.jsonl")
    seen = {e.id: [p for p in pairs if p.id.startswith(f"{e.id}-")] for e in people}
    assert {len(found) for found in seen.values()} == {repeats}
    assert any(len({p.completion for p in found}) == repeats for found in seen.values())  # other values where there are some


def test_pairs_from_queries_to_questions(retail: Path, tmp_path: Path) -> None:
    forth = build(tmp_path / "forth", database=retail, glossary=company.glossary(), pairs=40, seed=4)
    manifest = build(tmp_path / "both", database=retail, glossary=company.glossary(), pairs=40, seed=4, back=1.0)
    examples = {e.id: e for e in read_records(Example, tmp_path / "both" / "examples.jsonl")}
    pairs = read_records(Pair, tmp_path / "both" / "pairs.jsonl")
    back = {p.id.removesuffix("-q"): p for p in pairs if p.prompt.system == ASK}
    assert forth["pair_kinds"] == {"sql": 40} and manifest["pair_kinds"] == {"question": len(back), "sql": 40}
    assert back.keys() == {e.id for e in examples.values() if e.sql}
    for name, pair in back.items():
        example = examples[name]
        schema, _, query = pair.prompt.user.rpartition("\nquery: ")
        assert pair.completion == example.question and query == example.sql
        assert all(re.search(rf"^{t}\b", schema, re.M) for t in re.findall(r"(?:FROM|JOIN) ([a-z_]+)", query))


def test_a_pair_from_a_query_keeps_its_query_when_it_is_cut(retail: Path) -> None:
    prompt = render_back("SELECT cust_nm FROM cust WHERE city = 'Lyon'", Context.load(retail, company.glossary()))
    wide = Prompt(prompt.system, "till: till_id number key\n" + prompt.user)
    assert prune(wide, "who is from Lyon?", lambda p: "till" not in p.user) == prompt


def test_the_manifest_tells_neighbours_near_duplicates_and_what_is_unreached(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    assert manifest["neighbours"]["tried"] > 500 and 0.7 < manifest["neighbours"]["share"] <= 1
    assert manifest["near_duplicates"]["share"] <= 0.02 and manifest["unreached"].get("tables", {}) == {}
    assert "neighbours of the generated queries" in (built / "data_card.md").read_text()

"""The command line as a user sees it: one line and exit 2 for a mistake, never a traceback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def sqlkit(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "sqlkit", *words], capture_output=True, text=True, cwd=cwd, check=False)


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, sqlkit.cli; print([m for m in ('torch', 'duckdb', 'sqlalchemy', 'transformers', 'sqlglot') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_help_names_the_commands() -> None:
    began = time.perf_counter()
    text = sqlkit("--help").stdout
    assert time.perf_counter() - began < 5
    assert all(name in text for name in ("build", "train", "eval", "ask", "demo", "schema"))


def test_every_recipe_passes_its_dry_run() -> None:
    from sqlkit.recipe import FOLDER, names

    for name in names():
        done = sqlkit("train", name, "--dry-run")
        assert done.returncode == 0, done.stderr
        assert f"sqlkit train {name}" in (FOLDER / f"{name}.yaml").read_text() or name == "embedded"


def test_a_dry_run_forecasts_memory_hours_and_price_on_a_gpu() -> None:
    said = sqlkit("train", "llama-3.1-8b", "--dry-run", "--gpu", "H100", "--hourly", "4", "--set", "method=auto").stdout
    assert "method lora" in said and "of 80.0 GB on H100" in said and "price" in said and "at 4.00 an hour" in said
    assert "unknown GPU" in sqlkit("train", "llama-3.1-8b", "--dry-run", "--gpu", "H1000").stderr


def test_a_dry_run_counts_the_pairs_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text('{"id": "a"}\n\n{"id": "b"}\n' * 100)
    said = sqlkit("train", "llama-3.1-8b", "--pairs", str(tmp_path), "--dry-run", "--set", "num_train_epochs=1", "--set", "train_batch_size=10").stdout
    assert "200 pairs, 1 epochs" in said and "tokens not counted" in said


def test_print_config_shows_the_override() -> None:
    assert "learning_rate: 0.5" in sqlkit("train", "embedded", "--set", "learning_rate=0.5", "--print-config").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "embedded", "--set", "lernin_rate=1"], "did you mean 'learning_rate'"),
        (["train", "nothing-like-it"], "cannot read recipe"),
        (["build", "--database", "nowhere.duckdb"], "does not exist"),
        (["build"], "no database"),
        (["build", "embedded", "--out", __file__], f"cannot use {__file__}: File exists"),
        (["build", "--source", "own=nowhere.csv"], "cannot read nowhere.csv: no such file"),
        (["train", "embedded", "--pairs", "nowhere"], "sqlkit build"),
        (["eval", "--questions", "nowhere.jsonl", "--database", "x.duckdb"], "cannot read"),
        (["ask", "how many?", "--database", "nowhere.duckdb"], "does not exist"),
        (["ask", "how many?"], "no database"),
        (["eval", "--arms", "x", "--nonsense"], "No such option"),
        (["build", "--pairs", "many"], "integer"),
        (["build", "--source", "spyder"], "did you mean spider"),
        (["build", "--split", "dev=2", "--source", "own=x"], "split.dev"),
        (["data", "show", "nowhere"], "sqlkit build"),
        (["export", "--adapter", "nowhere", "--to", "merged", "--out", "x"], "neither as a folder nor in the registry"),
        (["export", "--adapter", "nowhere", "--to", "merged", "--out", "x", "--max-loss", "-1"], "no number of points"),
        (["adapters", "list", "--registry", "nowhere"], "no registry at nowhere"),
        (["search", "embedded"], "no search.space"),
        (["search", "embedded", "--set", "search={space: {lora_r: [16, 32]}}"], "set eval_steps"),
        (["search", "embedded", "--set", "search={space: {lora_r: [16, 64]}}"], "the recipe's own 32 is not in it"),
        (["search", "embedded", "--set", "search={space: {lora_r: [16, 32]}, pruning: none}", "--pairs", "nowhere"], "sqlkit build"),
        (["advise"], "no questions"),
        (["advise", "--prices", "inn=1"], "prices are in, out and hour"),
        (["advise", "--report", "nowhere"], "cannot read nowhere"),
        (["retriever", "--pairs", "nowhere"], "sqlkit build"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(words: list[str], said: str, tmp_path: Path) -> None:
    done = sqlkit(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not list(tmp_path.rglob("*.partial"))


def test_an_empty_schema_is_named(tmp_path: Path) -> None:
    import sqlite3

    sqlite3.connect(tmp_path / "empty.sqlite").close()
    (tmp_path / "empty.sqlite").touch()
    done = sqlkit("schema", str(tmp_path / "empty.sqlite"))
    assert done.returncode == 2 and "no tables" in done.stderr


def test_a_broken_question_file_names_its_line(tmp_path: Path, retail: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"id": "1", "question": "x", "sql": null}\n{"id": 2,\n')
    done = sqlkit("eval", "--questions", str(tmp_path / "q.jsonl"), "--database", str(retail), cwd=tmp_path)
    assert done.returncode == 2 and "line 2" in done.stderr


@pytest.mark.parametrize("question", ["", "Wie viele Kunden haben wir und wo sind die Bestellungen?"])
def test_a_question_that_cannot_be_read_is_refused(question: str, retail: Path) -> None:
    done = sqlkit("ask", question, "--database", str(retail))
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1


def test_ask_prints_the_promised_json(retail: Path) -> None:
    done = sqlkit("ask", "how many customers are there?", "--database", str(retail), "--json")
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)) == ["sql", "columns", "rows", "answer", "refused", "seconds"]


def test_schema_as_json(retail: Path) -> None:
    found = json.loads(sqlkit("schema", str(retail), "--json").stdout)
    assert {"ord", "ord_ln", "cust"} <= {t["name"] for t in found["tables"]}
    assert sum(len(t["columns"]) for t in found["tables"]) >= 70


def interrupted(out: Path) -> tuple[int, str]:
    """Exit code and what was said by a build that is interrupted while it works."""
    command = [sys.executable, "-m", "sqlkit", "build", "embedded", "--set", "pairs=5000", "--out", str(out)]
    heeded = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that interrupts are ignored
    try:
        started = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    finally:
        signal.signal(signal.SIGINT, heeded)
    deadline = time.time() + 60
    while not (out / "retail.duckdb").exists() and time.time() < deadline:
        time.sleep(0.1)
    started.send_signal(signal.SIGINT)
    try:
        told = started.communicate(timeout=30)[1]
    except subprocess.TimeoutExpired:
        started.kill()
        told = started.communicate()[1]
    return started.returncode, told


def test_an_interrupt_is_one_line_and_130(tmp_path: Path) -> None:
    code, told = interrupted(tmp_path / "data")
    assert code == 130, told
    assert told.strip().splitlines()[-1] == "stopped; the same command goes on from here" and "Traceback" not in told
    assert not (tmp_path / "data" / "pairs.jsonl").exists()

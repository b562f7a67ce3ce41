"""A search: one study whatever stops it, each trial worked on by one process, another recipe refused by name."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sqlkit.errors import RunError, TrainingError
from sqlkit.recipe import Recipe

pytest.importorskip("optuna")
from sqlkit.train.search import Pruned, best_trial, importance, open_study, rows, work

pytestmark = pytest.mark.slow  # models are trained, merged and run

HERE = Path(__file__).parent
SIGNED = {"data_sha256": "a", "learning_rate": 1e-3}


def recipe(trials: int = 6, **search: Any) -> Recipe:
    space = {"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}, "lora_r": [8, 16, 32]}
    return Recipe.of({"learning_rate": 1e-3, "search": {"trials": trials, "startup_trials": 2, "space": space, **search}})


def searched(folder: Path, made: Recipe, run: Callable[..., float]) -> list[dict[str, Any]]:
    study = open_study(folder, made, SIGNED)
    work(study, folder, made, run)
    return rows(study)


def test_killed_at_any_moment_it_comes_to_the_same_trials(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(HERE / "kill_search.py"), str(tmp_path), "8"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert len(told) == 8 and all(t["killed"] and t["same"] for t in told), [t for t in told if not (t["killed"] and t["same"])]


def test_the_first_trial_is_the_recipe_and_the_best_is_no_worse(tmp_path: Path) -> None:
    found = searched(tmp_path, recipe(), lambda made, folder, told: 1 / made.lora_r)
    assert found[0]["settings"] == {"learning_rate": 1e-3, "lora_r": 16} and len(found) == 6
    assert max(t["ex"] for t in found) >= found[0]["ex"]
    assert best_trial(open_study(tmp_path, recipe(), SIGNED)).number == next(t["number"] for t in found if t["ex"] == max(t["ex"] for t in found))


def test_asked_for_more_trials_it_goes_on_with_the_same_study(tmp_path: Path) -> None:
    before = searched(tmp_path, recipe(3), lambda made, folder, told: made.learning_rate)
    after = searched(tmp_path, recipe(5), lambda made, folder, told: made.learning_rate)
    assert after[:3] == before and len(after) == 5


def test_a_trial_below_the_median_is_pruned_but_never_the_recipe(tmp_path: Path) -> None:
    def run(made: Recipe, folder: Path, told: Callable[[int, float], None]) -> float:
        ex = 0.0 if folder.name == "000" else 0.5 if int(folder.name) < 4 else 0.1
        told(1, ex)
        return ex

    states = [t["state"] for t in searched(tmp_path, recipe(), run)]
    assert states == ["complete"] * 4 + ["pruned"] * 2
    assert not issubclass(Pruned, TrainingError)  # else a pruned trial would count as failed


def test_without_pruning_every_trial_is_whole(tmp_path: Path) -> None:
    def run(made: Recipe, folder: Path, told: Callable[[int, float], None]) -> float:
        told(1, 1 / (1 + int(folder.name)))
        return 0.0

    assert {t["state"] for t in searched(tmp_path, recipe(pruning="none"), run)} == {"complete"}


def test_settings_that_cannot_be_trained_are_told_and_the_search_goes_on(tmp_path: Path) -> None:
    def run(made: Recipe, folder: Path, told: Callable[[int, float], None]) -> float:
        if folder.name == "001":
            raise TrainingError("the loss is not a number at step 3")
        return 0.2

    found = searched(tmp_path, recipe(3), run)
    assert [t["state"] for t in found] == ["complete", "fail", "complete"] and "not a number at step 3" in found[1]["why"]


def test_a_recipe_that_cannot_be_trained_ends_the_search(tmp_path: Path) -> None:
    def run(made: Recipe, folder: Path, told: Callable[[int, float], None]) -> float:
        raise TrainingError("out of memory")

    with pytest.raises(RunError, match="the recipe itself cannot be trained: out of memory"):
        searched(tmp_path, recipe(), run)


def test_a_full_disk_costs_no_trial(tmp_path: Path) -> None:
    def full(made: Recipe, folder: Path, told: Callable[[int, float], None]) -> float:
        raise RunError("no space left")

    with pytest.raises(RunError, match="no space left"):
        searched(tmp_path, recipe(2), full)
    assert [t["state"] for t in searched(tmp_path, recipe(2), lambda *_: 0.1)] == ["complete"] * 2


def test_what_mattered_is_found(tmp_path: Path) -> None:
    import math

    made = recipe(25, pruning="none")
    found = searched(tmp_path, made, lambda r, folder, told: 1 - abs(math.log10(r.learning_rate / 5e-3)) / 2)
    told = importance(open_study(tmp_path, made, SIGNED))
    assert len(found) == 25 and told["learning_rate"] > 0.7 and sum(told.values()) == pytest.approx(1)


def test_too_few_trials_tell_nothing(tmp_path: Path) -> None:
    searched(tmp_path, recipe(2), lambda *_: 0.1)
    assert importance(open_study(tmp_path, recipe(2), SIGNED)) == {}


def test_a_study_of_another_recipe_is_refused_by_name(tmp_path: Path) -> None:
    open_study(tmp_path, recipe(), SIGNED)
    with pytest.raises(RunError, match=r"learning_rate = 0\.001, this one has 0\.002; use another --out"):
        open_study(tmp_path, recipe(), {**SIGNED, "learning_rate": 2e-3})


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\x00" + b"\xff" * 200])
def test_a_file_that_is_no_study_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "study.db").write_bytes(content)
    with pytest.raises(RunError, match="no study that sqlkit search began"):
        open_study(tmp_path, recipe(), SIGNED)


def _slowly(made: Recipe, folder: Path, told: Callable[[int, float], None]) -> float:
    with (folder / "by").open("a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(0.3)
    return 0.1


def _one_of_several(folder: str) -> None:
    work(open_study(Path(folder), recipe(8), SIGNED), Path(folder), recipe(8), _slowly)


def test_several_workers_share_a_study(tmp_path: Path) -> None:
    open_study(tmp_path, recipe(8), SIGNED)
    crew = [multiprocessing.get_context("fork").Process(target=_one_of_several, args=(str(tmp_path),)) for _ in range(3)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    found = rows(open_study(tmp_path, recipe(8), SIGNED))
    by = [(tmp_path / "trials" / f"{t['number']:03d}" / "by").read_text().split() for t in found]
    assert [one.exitcode for one in crew] == [0, 0, 0] and len(found) == 8
    assert all(len(names) == 1 for names in by) and len({names[0] for names in by}) > 1


@pytest.mark.slow
def test_real_trials_on_the_embedded_base_killed_twice(pairs: Path, tmp_path: Path) -> None:
    """Four trials of four steps in the command line, killed with SIGKILL twice: the trials of an undisturbed search, EX and settings."""
    from sqlkit.data import company
    from sqlkit.records import write_jsonl

    write_jsonl(tmp_path / "dev.jsonl", company.questions("dev")[:3])
    settings = {
        "base_model": "embedded", "database": "embedded", "method": "lora", "lora_r": 8, "learning_rate": 1e-3, "max_steps": 4, "warmup_steps": 0,
        "per_device_train_batch_size": 4, "gradient_accumulation_steps": 1, "max_length": 640, "eval_steps": 2, "save_steps": 2,
        "max_new_tokens": 8, "report_to": "none", "dev_questions": str(tmp_path / "dev.jsonl"),
        "search": {"trials": 4, "startup_trials": 2, "space": {"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}, "lora_r": [4, 8]}},
    }  # fmt: skip
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(settings))

    def start(out: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "sqlkit", "search", str(tmp_path / "recipe.yaml"), "--pairs", str(pairs), "--out", str(tmp_path / out)]
        return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def trials(out: str) -> list[dict[str, Any]]:
        found = json.loads((tmp_path / out / "report.json").read_text())["trials"]
        return [{**t, "seconds": None} for t in found]

    for mark in ("trials/000/checkpoints/checkpoint-2/whole.json", "trials/002/dev_ex.json"):
        going = start("cut")
        while not (tmp_path / "cut" / mark).exists():
            assert going.poll() is None, going.stderr
            time.sleep(0.05)
        going.send_signal(signal.SIGKILL)
        going.communicate()
    for out in ("cut", "whole"):
        done = start(out)
        _, said = done.communicate()
        assert done.returncode == 0, said.decode()[-2000:]
    assert trials("cut") == trials("whole") and len(trials("cut")) == 4
    best = yaml.safe_load((tmp_path / "cut" / "best.yaml").read_text())
    assert Recipe.of(best).axes() == [] and "search" not in best

"""GRPO and DPO on the embedded base, a few steps each: the adapter that comes out, what is resumed, what is refused."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqlkit import commands
from sqlkit.errors import AdapterError, RunError, SqlkitError
from sqlkit.recipe import Recipe

pytestmark = pytest.mark.slow  # models are trained, merged and run

SMALL = dict(
    base_model="embedded", max_steps=2, per_device_train_batch_size=4, gradient_accumulation_steps=1, save_steps=1, eval_steps=0, logging_steps=1,
    report_to="none", max_new_tokens=32, warmup_steps=0, learning_rate=1e-3, max_length=640,
)
Tune = Callable[..., Path]


@pytest.fixture(scope="module")
def tuned(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded base, tuned for two steps."""
    return commands.train(Recipe.of({**SMALL, "lora_r": 4, "lora_alpha": 8}), pairs, tmp_path_factory.mktemp("tuned"), quiet=True)


@pytest.fixture(scope="module")
def few(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four of the pairs, so that sampling is quick."""
    out = tmp_path_factory.mktemp("few")
    shutil.copytree(pairs, out, dirs_exist_ok=True)
    (out / "pairs.jsonl").write_text("".join((pairs / "pairs.jsonl").read_text().splitlines(keepends=True)[:4]))
    return out


@pytest.fixture
def tune(tuned: Path, few: Path, retail: Path) -> Tune:
    """Tune the adapter further with changes to a small recipe."""

    def go(out: Path, **changes: Any) -> Path:
        settings = {
            "lora_model_dir": str(tuned), "database": str(retail), "num_generations": 4, "max_completion_length": 24, "lora_r": 99, "temperature": 0.7,
        }
        if changes["method"] == "grpo":  # answers that all earn the same teach nothing, and a run of nothing shows nothing
            settings["reward_weights"] = {"right": 1.0, f"{__name__}:by_text": 1.0}
        made = Recipe.of({**{k: v for k, v in SMALL.items() if k != "base_model"}, **settings, **changes})
        return commands.train(made, few, out, quiet=True)

    return go


def by_text(seen: Any) -> float:
    """Another reward for almost every answer."""
    return zlib.crc32(seen.text.encode()) % 97 / 97


def weights(adapter: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(adapter / "adapter_model.safetensors")


@pytest.mark.parametrize("method", ["grpo", "dpo"])
def test_the_adapter_is_of_the_same_kind_and_learnt_something(method: str, tune: Tune, tuned: Path, tmp_path: Path) -> None:
    import torch

    from sqlkit.model.adapter import read_manifest
    from sqlkit.model.huggingface import load_model

    made = tune(tmp_path, method=method)
    before, after = weights(tuned), weights(made)
    assert before.keys() == after.keys() and any(not torch.equal(before[n], after[n]) for n in before)
    old, new = read_manifest(tuned), read_manifest(made)
    assert (old.base_sha256, old.prompt_fingerprint, old.method) == (new.base_sha256, new.prompt_fingerprint, new.method)
    assert new.recipe["method"] == method and new.recipe["lora_r"] == 4
    assert not (made / "ref").exists() and not (tmp_path / "checkpoints").exists()
    load_model("embedded", made)


@pytest.mark.parametrize(("method", "beta"), [("grpo", None), ("grpo", 0.02), ("dpo", None)])
def test_a_resumed_run_gives_the_same_adapter(
    method: str, beta: float | None, tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a beta TRL keeps a copy of the start beside the adapter, and checkpoints hold both."""
    import torch

    from sqlkit.train import callbacks

    class Cut(Exception):
        pass

    def cut(self: Any, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == 2:
            raise Cut

    whole = weights(tune(tmp_path / "whole", method=method, beta=beta, max_steps=3))
    with monkeypatch.context() as patch, pytest.raises(Cut):
        patch.setattr(callbacks.Screen, "on_step_end", cut)
        tune(tmp_path / "cut", method=method, beta=beta, max_steps=3)
    resumed = weights(tune(tmp_path / "cut", method=method, beta=beta, max_steps=3))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_it_starts_from_what_was_tuned_bit_for_bit(tuned: Path, tune: Tune, tmp_path: Path) -> None:
    """TRL rounds a QLoRA adapter to bfloat16; with a learning rate of nothing, what comes out is what went in."""
    import torch

    before, after = weights(tuned), weights(tune(tmp_path, method="grpo", learning_rate=1e-30, max_steps=1))
    assert all(torch.equal(before[name].float(), after[name].float()) for name in before)


def test_sampling_goes_on_behind_half_a_line_and_gives_the_same_pairs(tune: Tune, tmp_path: Path) -> None:
    tune(tmp_path / "whole", method="dpo", max_steps=1)
    out = tmp_path / "cut"
    shutil.copytree(tmp_path / "whole", out, ignore=shutil.ignore_patterns("adapter", "best", "checkpoints", "dev_ex.json", "preferences.jsonl"))
    whole = (out / "sampled.jsonl").read_text()
    (out / "sampled.jsonl").write_text(whole[: len(whole) // 2])
    tune(out, method="dpo", max_steps=1)
    assert (out / "sampled.jsonl").read_text() == whole
    assert (out / "preferences.jsonl").read_bytes() == (tmp_path / "whole" / "preferences.jsonl").read_bytes()


def test_pairs_hold_a_right_and_a_wrong_answer(tmp_path: Path) -> None:
    from sqlkit.records import Pair, Prompt
    from sqlkit.train.preferences import preferences

    rows = [
        {"id": "a", "answers": ["W", "R", "W2"], "earned": [0.1, 1.4, 0.2], "right": [False, True, False]},
        {"id": "b", "answers": ["W"], "earned": [0.0], "right": [False]},
        {"id": "c", "answers": ["R"], "earned": [1.4], "right": [True]},
    ]
    (tmp_path / "sampled.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pairs = [Pair(key, Prompt("", ""), f"gold {key}") for key in "abc"]
    assert preferences(Recipe(), pairs, tmp_path) == [
        {"id": "a", "chosen": "R", "rejected": "W", "by": "model"}, {"id": "b", "chosen": "gold b", "rejected": "W", "by": "gold"},
    ]  # fmt: skip
    (tmp_path / "sampled.jsonl").write_text(json.dumps(rows[2]) + "\n")
    with pytest.raises(RunError, match="every one rightly"):
        preferences(Recipe(), pairs, tmp_path)


def broken(seen: Any) -> float:
    raise ValueError("no such thing")


def test_a_reward_that_crashes_leaves_a_note_and_no_traceback(tune: Tune, tmp_path: Path) -> None:
    tune(tmp_path, method="grpo", max_steps=1, reward_weights={"runs": 0.1, "right": 1.0, f"{__name__}:broken": 0.5})
    assert "broken crashed and counts as 0: ValueError: no such thing" in (tmp_path / "reward_notes.txt").read_text()


BAD: list[tuple[dict[str, Any], type[SqlkitError], str]] = [
    ({"lora_model_dir": ""}, SqlkitError, "lora_model_dir"),
    ({"lora_model_dir": "/nowhere"}, AdapterError, "/nowhere does not exist"),
    ({"num_generations": 3}, SqlkitError, "num_generations 3 does not divide"),
    ({"loss_type": "sigmoid"}, SqlkitError, "loss_type 'sigmoid'"),
    ({"reward_weights": {"rigth": 1}}, SqlkitError, "unknown reward 'rigth'"),
    ({"per_device_train_batch_size": "auto"}, SqlkitError, "cannot be 'auto'"),
    ({"per_device_train_batch_size": 64}, SqlkitError, "do not fill a step"),
    ({"database": "/nowhere.duckdb"}, SqlkitError, "/nowhere.duckdb"),
]


@pytest.mark.parametrize(("changes", "kind", "said"), BAD)
def test_what_a_person_gives_wrong_is_one_line(changes: dict[str, Any], kind: type[SqlkitError], said: str, tune: Tune, tmp_path: Path) -> None:
    with pytest.raises(kind, match=said) as caught:
        tune(tmp_path / "run", method="grpo", **changes)
    assert "\n" not in str(caught.value) and not (tmp_path / "run" / "adapter").exists()


def test_an_adapter_of_another_base_is_refused(tune: Tune, base: Path, tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="another base"):
        tune(tmp_path, method="grpo", base_model=str(base))

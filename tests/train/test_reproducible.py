"""A run is the same whatever happens to it: killed and run again, on changed settings refused, on a broken loss stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqlkit.errors import RunError
from sqlkit.recipe import Recipe

Make, Run = Callable[..., Recipe], Callable[[Recipe, Path], Path]


@pytest.mark.slow
def test_killed_at_ten_moments_and_run_again_gives_the_same_adapter_bit_for_bit(base: Path, pairs: Path, retail: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(Path(__file__).with_name("kill.py")), str(base), str(pairs), str(retail), str(tmp_path), "10"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(told) == 10 and all(t["killed"] and t["same"] and t["curves"] for t in told), told


CHANGED: list[dict[str, Any]] = [
    {"max_steps": 3},
    {"per_device_train_batch_size": 2},
    {"gradient_accumulation_steps": 2},
    {"num_train_epochs": 5},
    {"seed": 1},
    {"lr_scheduler_type": "linear"},
    {"init_lora_weights": "gaussian"},
    {"loss_type": "dft"},
]


def test_a_run_goes_on_only_as_it_was_begun(base: Path, pairs: Path, recipe: Make, tmp_path: Path) -> None:
    """Resumed with another horizon, the schedule of the old one gives a learning rate of 0."""
    from sqlkit.data import company
    from sqlkit.model.huggingface import load_tokenizer
    from sqlkit.train.papers import same_run, signature

    tokenizer, file, dev = load_tokenizer(str(base)), pairs / "pairs.jsonl", company.questions("dev")[:4]
    signed = signature(recipe(), str(base), tokenizer, file, dev)
    run = tmp_path / "run.json"
    same_run(run, signed)
    same_run(run, signature(recipe(logging_steps=7, output_dir="elsewhere"), str(base), tokenizer, file, dev))
    for changes in CHANGED:
        with pytest.raises(RunError, match=next(iter(changes))):
            same_run(run, signature(recipe(**changes), str(base), tokenizer, file, dev))
    shorter = tmp_path / "pairs.jsonl"
    shorter.write_text("\n".join(file.read_text().splitlines()[:-1]))
    other = tmp_path / "base"
    other.mkdir()
    (other / "model.safetensors").write_bytes(b"other weights")
    for made, said in (
        (signature(recipe(), str(base), tokenizer, shorter, dev), "data_sha256"),
        (signature(recipe(), str(base), tokenizer, file, dev[:3]), "dev_sha256"),
        (signature(recipe(), str(other), tokenizer, file, dev), "base_sha256"),
        ({**signed, "processes": 2}, "processes"),
    ):
        with pytest.raises(RunError, match=said):
            same_run(run, made)
    with pytest.raises(RunError, match=r"seed .*; learning_rate"):
        same_run(run, signature(recipe(seed=2, learning_rate=5e-4), str(base), tokenizer, file, dev))


def test_a_run_of_an_older_sqlkit_goes_on(base: Path, pairs: Path, recipe: Make, tmp_path: Path) -> None:
    from sqlkit.model.huggingface import load_tokenizer
    from sqlkit.train.papers import same_run, signature

    signed = signature(recipe(), str(base), load_tokenizer(str(base)), pairs / "pairs.jsonl", [])
    newer = ("use_rslora", "init_lora_weights", "loss_type", "dev_sha256", "processes", "train_batch_size")
    (tmp_path / "run.json").write_text(json.dumps({k: v for k, v in signed.items() if k not in newer}))
    same_run(tmp_path / "run.json", signed)


def test_what_auto_stood_for_is_kept(recipe: Make, tmp_path: Path) -> None:
    from sqlkit.train.papers import begun

    made = recipe(method="auto", per_device_train_batch_size="auto", packing="auto")
    assert begun(tmp_path, made) == made
    (tmp_path / "run.json").write_text(json.dumps({
        "method": "qlora", "per_device_train_batch_size": 2, "gradient_accumulation_steps": 8, "packing": True, "seed": 9,
    }))
    again = begun(tmp_path, made)
    assert (again.method, again.per_device_train_batch_size, again.gradient_accumulation_steps, again.packing) == ("qlora", 2, 8, True)
    assert again.seed == made.seed


def test_a_loss_that_is_no_number_stops_before_the_weights_are_ruined(
    recipe: Make, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """transformers logs the average before in place of a loss that is not a number, and goes on to save checkpoints."""
    import torch
    from safetensors.torch import load_file

    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "breaks.py").write_text(
        "from sqlkit.train.trainer import nll\ncalls = []\n"
        "def third(logits, labels):\n    calls.append(1)\n    return nll(logits, labels) * (float('nan') if len(calls) == 3 else 1)\n"
    )
    with pytest.raises(RunError, match=r"loss is not a number at step 3; .*checkpoint-2"):
        run(recipe(loss_type="breaks:third", save_steps=1, logging_steps=10), tmp_path / "run")
    kept = sorted((tmp_path / "run" / "checkpoints").glob("checkpoint-*"))
    assert [p.name for p in kept] == ["checkpoint-1", "checkpoint-2"]
    assert all(torch.isfinite(t).all() for t in load_file(kept[-1] / "adapter_model.safetensors").values())
    assert not (tmp_path / "run" / "adapter").exists()


def test_a_spike_stops_and_the_checkpoint_before_it_is_the_last_good_one(tmp_path: Path) -> None:
    from sqlkit.train.callbacks import Watch, last_checkpoint

    watch = Watch(tmp_path)
    losses = iter([2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4, 1.3, 1.2, 1.1, 2.9, 3.1, 1.0, 3.1, 3.2, 3.3])
    watch.taken = lambda: (next(losses), 1.0)
    state, control = types.SimpleNamespace(global_step=0), types.SimpleNamespace(should_save=True)
    with pytest.raises(RunError, match=r"jumped to 3.30 at step 16, it began at 2.00; .*checkpoint-13"):
        for step in range(16):
            state.global_step = step
            watch.on_pre_optimizer_step(None, state, None)
            state.global_step = step + 1
            control.should_save = True
            watch.on_step_end(None, state, control)
            if control.should_save:
                (tmp_path / f"checkpoint-{step + 1}").mkdir()
                watch.on_save(None, state, None)
    assert str(last_checkpoint(tmp_path)).endswith("checkpoint-13") and not (tmp_path / "checkpoint-14").exists()


def test_a_checkpoint_that_is_not_whole_is_passed_over(tmp_path: Path) -> None:
    from sqlkit.train.callbacks import WHOLE, last_checkpoint

    for step in (2, 4):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-2" / WHOLE).write_text("[]")
    (tmp_path / "checkpoint-4" / "trainer_state.json").write_text("{")
    assert str(last_checkpoint(tmp_path)).endswith("checkpoint-2")


def test_the_run_folder_says_what_it_ran_on(recipe: Make, tmp_path: Path) -> None:
    from sqlkit.train.papers import LIBRARIES, write_environment

    write_environment(tmp_path, recipe(seed=3))
    found = json.loads((tmp_path / "environment.json").read_text())
    assert found["seed"] == 3 and found["cores"] and found["threads"] and found["processor"] and set(found["versions"]) == set(LIBRARIES)
    assert Recipe.load(tmp_path / "recipe.yaml") == recipe(seed=3)


def test_a_full_disk_is_told_in_one_line() -> None:
    """torch and safetensors do not raise OSError; safetensors' words are of its source, it replaces a device file such as /dev/full."""
    import torch

    from sqlkit.train.sft import no_space

    with pytest.raises(Exception) as caught, open("/dev/full", "wb", buffering=0) as handle:
        torch.save(torch.zeros(2**16), handle)
    assert no_space(caught.value)
    assert no_space(RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"))
    assert not no_space(ValueError("x"))

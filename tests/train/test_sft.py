"""Training on a tiny model: the traps that the notes of this stack name, each with its guard."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqlkit.errors import AdapterError, InputError, RunError, SqlkitError
from sqlkit.recipe import Recipe
from sqlkit.records import Pair, read_records

Make, Run = Callable[..., Recipe], Callable[[Recipe, Path], Path]


def weights(adapter: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(adapter / "adapter_model.safetensors")


def test_training_gives_an_adapter_that_only_its_own_base_loads(base: Path, recipe: Make, run: Run, tmp_path: Path) -> None:
    from sqlkit.model.huggingface import load_model

    adapter = run(recipe(), tmp_path)
    assert {"adapter_model.safetensors", "sqlkit.json", "context.json", "examples.jsonl"} <= {p.name for p in adapter.iterdir()}
    load_model(str(base), adapter)
    with pytest.raises(AdapterError, match="another base"):
        load_model("embedded", adapter)
    assert not (tmp_path / "adapter.partial").exists() and not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize(("method", "frozen"), [("qlora", "bfloat16"), ("lora", "bfloat16"), ("full", "float32")])
def test_with_bfloat16_only_weights_that_do_not_learn_are_read_so(
    method: str, frozen: str, recipe: Make, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlkit.train import sft

    read: set[str] = set()
    load = sft.load_weights

    def watched(*given: Any, **named: Any) -> Any:
        model = load(*given, **named)
        read.update(str(w.dtype) for name, w in model.named_parameters() if "norm" in name)  # NF4 packs the others
        return model

    monkeypatch.setattr(sft, "load_weights", watched)
    adapter = run(recipe(method=method, bf16=True, max_steps=2), tmp_path)
    assert read == {f"torch.{frozen}"}
    if method != "full":
        assert {str(w.dtype) for w in weights(adapter).values()} == {"torch.float32"}


def test_a_resumed_run_gives_the_same_adapter(recipe: Make, run: Run, tmp_path: Path) -> None:
    """Adapters were bfloat16 in training and float32 after a resume: the runs drifted apart. In the second epoch rows came in another order."""
    import torch

    from sqlkit.train import callbacks

    whole = weights(run(recipe(max_steps=-1, num_train_epochs=2), tmp_path / "whole"))

    class Cut(Exception):
        pass

    def cut(self: Any, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == 9:
            raise Cut

    kept = callbacks.Screen.on_step_end
    callbacks.Screen.on_step_end = cut  # type: ignore[method-assign]
    try:
        with pytest.raises(Cut):
            run(recipe(max_steps=-1, num_train_epochs=2), tmp_path / "cut")
    finally:
        callbacks.Screen.on_step_end = kept  # type: ignore[method-assign]
    resumed = weights(run(recipe(max_steps=-1, num_train_epochs=2), tmp_path / "cut"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_another_recipe_in_the_same_folder_is_refused(recipe: Make, run: Run, tmp_path: Path) -> None:
    run(recipe(), tmp_path)
    with pytest.raises(RunError, match="learning_rate"):
        run(recipe(learning_rate=5e-4), tmp_path)


def test_training_and_serving_see_the_same_token_ids(base: Path, pairs: Path) -> None:
    from sqlkit.model.huggingface import HuggingFaceModel, load_tokenizer
    from sqlkit.train.tokens import encode

    tokenizer = load_tokenizer(str(base))
    rows = read_records(Pair, pairs / "pairs.jsonl")
    served = HuggingFaceModel(None, tokenizer).encode([p.prompt for p in rows])
    for row, prompt in zip(encode(rows, tokenizer), served, strict=True):
        assert row.input_ids[: len(prompt)] == prompt
        assert row.completion_mask == [0] * len(prompt) + [1] * (len(row.input_ids) - len(prompt))
        assert row.input_ids[-1] == tokenizer.eos_token_id != tokenizer.pad_token_id


def test_merging_into_the_dequantised_base_keeps_the_function(base: Path, pairs: Path, recipe: Make, run: Run, tmp_path: Path) -> None:
    import torch
    from peft import PeftModel

    from sqlkit.model.huggingface import load_model, load_weights

    adapter = run(recipe(), tmp_path)
    merged: Any = load_model(str(base), adapter)
    ids = torch.tensor(merged.encode([read_records(Pair, pairs / "pairs.jsonl")[0].prompt]))
    trained = PeftModel.from_pretrained(load_weights(str(base), nf4=True), str(adapter)).eval()
    with torch.inference_mode():
        assert torch.allclose(trained(ids).logits, merged.model(ids).logits, atol=5e-3)  # bitsandbytes computes in bfloat16


@pytest.mark.parametrize("bf16", [False, True])
def test_the_short_way_to_the_loss_gives_trls_loss_and_gradients(base: Path, pairs: Path, recipe: Make, tmp_path: Path, bf16: bool) -> None:
    """In bfloat16 the short way once ran in float32: it passed by the forward that autocast was wrapped around."""
    import torch
    from trl import SFTTrainer

    from sqlkit.model.huggingface import load_tokenizer, load_weights
    from sqlkit.train.sft import _trainer
    from sqlkit.train.tokens import encode

    tokenizer = load_tokenizer(str(base))
    rows = encode(read_records(Pair, pairs / "pairs.jsonl"), tokenizer)
    trainer = _trainer(recipe(bf16=bf16), load_weights(str(base), nf4=True), tokenizer, rows[:4], tmp_path, [])
    model = trainer.accelerator.prepare(trainer.model)
    inputs = trainer._prepare_inputs(next(iter(trainer.get_train_dataloader())))
    kinds: list[torch.dtype] = []
    head = trainer.accelerator.unwrap_model(model).get_base_model().lm_head
    head.register_forward_hook(lambda module, given, made: kinds.append(made.dtype))
    losses, gradients = [], []
    for compute in (SFTTrainer.compute_loss, type(trainer).compute_loss):
        model.zero_grad()
        loss = compute(trainer, model, dict(inputs))
        loss.backward()
        losses.append(float(loss.detach()))
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]))
    assert kinds[-1] == (torch.bfloat16 if bf16 else torch.float32)
    assert losses[1] == pytest.approx(losses[0], rel=1e-2 if bf16 else 1e-5)
    assert torch.nn.functional.cosine_similarity(*gradients, dim=0) > (0.98 if bf16 else 0.99999)


def test_each_look_at_dev_is_told_with_what_it_cost(recipe: Make, run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(recipe(eval_steps=3), tmp_path / "run", quiet=False)
    said = capsys.readouterr().out
    looks = re.findall(r"dev EX 50\.0% at step (\d) \(best 50\.0%\), (\d+)% of the time", said)
    assert {step for step, _ in looks} == {"3", "4"} and all(0 < int(share) < 100 for _, share in looks), said


BAD = [
    ({"base_model": "/nowhere"}, "/nowhere is neither a folder nor an owner/name on the hub"),
    ({"base_model": "nobody/has-this"}, "cannot load the tokenizer of nobody/has-this: .*hf download nobody/has-this"),
    ({"max_length": 64}, "raise max_length"),
]


@pytest.mark.parametrize(("changes", "said"), BAD)
def test_what_a_person_gives_wrong_is_one_line_and_leaves_no_adapter(
    changes: dict[str, Any], said: str, recipe: Make, run: Run, tmp_path: Path
) -> None:
    with pytest.raises(SqlkitError, match=said) as caught:
        run(recipe(**changes), tmp_path / "run")
    assert "\n" not in str(caught.value) and not (tmp_path / "run").exists()


def test_no_pairs_is_one_line(recipe: Make, pairs: Path, tmp_path: Path) -> None:
    from sqlkit.prompt import Context
    from sqlkit.train.sft import train

    (tmp_path / "pairs.jsonl").write_text("")
    with pytest.raises(InputError, match="sqlkit build"):
        train(recipe(), tmp_path / "pairs.jsonl", [], Context.open(pairs), tmp_path / "run", judge=lambda _: 0.0, quiet=True)

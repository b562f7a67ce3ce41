"""Packed rows: documents beside each other in one row do not see each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqlkit.recipe import Recipe
from sqlkit.records import Pair, read_records


def _trainer(made: Recipe, rows: Any, tokenizer: Any, out: Path) -> Any:
    from sqlkit.model.huggingface import load_weights
    from sqlkit.train import sft

    return sft._trainer(made, load_weights(made.base_model, nf4=False), tokenizer, rows, out, [])


def _loss_and_gradient(trainer: Any) -> tuple[float, Any, Any]:
    import torch

    model = trainer.accelerator.prepare(trainer.model)
    inputs = trainer._prepare_inputs(next(iter(trainer.get_train_dataloader())))
    loss = trainer.compute_loss(model, dict(inputs))
    loss.backward()
    return float(loss.detach()), torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]), inputs


@pytest.mark.parametrize("bf16", [False, True])
def test_the_packed_loss_is_the_unpacked_loss(bf16: bool, pairs: Path, recipe: Callable[..., Recipe], tmp_path: Path) -> None:
    """With the cache that a model's configuration has by default, documents leak into each other."""
    import torch

    from sqlkit.model.huggingface import load_tokenizer
    from sqlkit.train.tokens import encode

    made = recipe(method="lora", bf16=bf16, max_length=1024)
    tokenizer = load_tokenizer(made.base_model)
    rows = encode(read_records(Pair, pairs / "pairs.jsonl"), tokenizer)[:4]
    apart, gradient, _ = _loss_and_gradient(_trainer(made, rows, tokenizer, tmp_path))
    packed, other, inputs = _loss_and_gradient(_trainer(made.model_copy(update={"packing": True}), rows, tokenizer, tmp_path))
    assert inputs["input_ids"].shape == (1, sum(len(r.input_ids) for r in rows))
    assert int((inputs["position_ids"] == 0).sum()) == 4
    assert int((inputs["labels"] != -100).sum()) == sum(sum(r.completion_mask) for r in rows)
    assert packed == pytest.approx(apart, rel=1e-3 if bf16 else 1e-5)
    assert torch.nn.functional.cosine_similarity(other, gradient, dim=0) > (0.99 if bf16 else 0.99999)

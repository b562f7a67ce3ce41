"""Every method, start and loss on the random base: it trains, and what is saved is the same function on the untouched base."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqlkit.errors import RecipeError
from sqlkit.recipe import Recipe
from sqlkit.records import Pair, read_records

Make, Run = Callable[..., Recipe], Callable[[Recipe, Path], Path]
SETTINGS: list[dict[str, Any]] = [
    {"method": "lora"},
    {"method": "lora", "use_rslora": True, "loraplus_lr_ratio": 8},
    {"method": "lora", "init_lora_weights": "gaussian"},
    {"method": "lora", "init_lora_weights": "orthogonal"},
    {"method": "lora", "init_lora_weights": "pissa"},
    {"method": "lora", "init_lora_weights": "pissa_niter_4", "use_rslora": True},
    {"method": "lora", "init_lora_weights": "olora"},
    {"method": "lora", "init_lora_weights": "eva"},
    {"method": "qlora", "init_lora_weights": "eva"},
    {"method": "dora"},
    {"method": "full", "learning_rate": 1e-4},
]


@pytest.mark.parametrize("changes", SETTINGS, ids=lambda c: "-".join(f"{v}" for v in c.values()))
def test_what_is_saved_is_what_was_trained(
    changes: dict[str, Any], base: Path, pairs: Path, recipe: Make, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PiSSA and OLoRA change the base: without the conversion their adapter is nonsense on the base that is served."""
    import torch

    from sqlkit.model.huggingface import HuggingFaceModel, load_model, load_tokenizer
    from sqlkit.train import callbacks

    prompts = [read_records(Pair, pairs / "pairs.jsonl")[0].prompt]
    ids = torch.tensor(HuggingFaceModel(None, load_tokenizer(str(base))).encode(prompts))
    live: list[Any] = []
    keep = callbacks.save_adapter

    def watched(model: Any, folder: Path, start: Any = None) -> None:
        with torch.inference_mode():
            live.append(model(ids, use_cache=False).logits)
        keep(model, folder, start)

    monkeypatch.setattr(callbacks, "save_adapter", watched)
    made = recipe(**changes, bf16=False)
    loaded: Any = load_model(str(base), run(made, tmp_path))
    with torch.inference_mode():
        again = loaded.model(ids).logits
        untouched = load_model(str(base)).model(ids).logits  # type: ignore[attr-defined]
    assert torch.allclose(live[-1], again, atol=5e-3 if made.method == "qlora" else 1e-4)
    assert (again - untouched).abs().max() > 0.01


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"init_lora_weights": "nonsense"}, "not offered"),
    ({"init_lora_weights": "corda"}, "not offered"),
    ({"init_lora_weights": "pissa"}, "method lora only"),
    ({"method": "lora", "init_lora_weights": "loftq"}, "method qlora only"),
    ({"method": "dora", "init_lora_weights": "eva"}, "lora or qlora"),
    ({"method": "lora", "init_lora_weights": "orthogonal", "lora_r": 3}, "even"),
    ({"method": "qlora", "init_lora_weights": "loftq"}, "GPU"),
    ({"loss_type": "nil"}, "unknown loss_type"),
    ({"loss_type": "sqlkit.nowhere:loss"}, "loss_type"),
    ({"loss_type": "math:pi"}, "not a function"),
    ({"method": "quick"}, "method"),
]


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=lambda c: str(c))
def test_what_cannot_be_is_refused_in_one_line(changes: dict[str, Any], said: str, recipe: Make, run: Run, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=said):
        run(recipe(**changes), tmp_path)


def _loss(trainer: Any, compute: Any) -> tuple[float, Any]:
    import torch

    model = trainer.accelerator.prepare(trainer.model)
    inputs = trainer._prepare_inputs(next(iter(trainer.get_train_dataloader())))
    model.zero_grad()
    loss = compute(trainer, model, dict(inputs))
    loss.backward()
    return float(loss.detach()), torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("packing", [False, True])
@pytest.mark.parametrize("kind", ["nll", "dft"])
def test_losses_are_those_of_trl(kind: str, packing: bool, base: Path, pairs: Path, recipe: Make, tmp_path: Path) -> None:
    import torch
    from trl import SFTTrainer

    trainer = _trainer_of(recipe(method="lora", loss_type=kind, packing=packing, bf16=False), pairs, tmp_path)
    theirs, gradient = _loss(trainer, SFTTrainer.compute_loss)
    ours, mine = _loss(trainer, type(trainer).compute_loss)
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert torch.nn.functional.cosine_similarity(mine, gradient, dim=0) > 0.99999


def test_a_loss_of_ones_own(base: Path, pairs: Path, recipe: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "mine.py").write_text("from sqlkit.train.trainer import nll\ndef twice(logits, labels):\n    return 2 * nll(logits, labels)\n")
    losses = []
    for kind in ("nll", "mine:twice"):
        trainer = _trainer_of(recipe(method="lora", loss_type=kind, bf16=False), pairs, tmp_path)
        losses.append(_loss(trainer, type(trainer).compute_loss)[0])
    assert losses[1] == pytest.approx(2 * losses[0], rel=1e-5)


def test_rank_stabilised_lora_and_loraplus_change_what_they_say(base: Path, pairs: Path, recipe: Make, tmp_path: Path) -> None:
    trainer = _trainer_of(recipe(method="lora", use_rslora=True, loraplus_lr_ratio=8), pairs, tmp_path)
    assert {m.scaling["default"] for m in trainer.model.modules() if isinstance(getattr(m, "scaling", None), dict)} == {8 / math.sqrt(4)}
    trainer.create_optimizer()
    names = {id(p): n for n, p in trainer.model.named_parameters()}
    rates = {("lora_B" in names[id(p)], group["lr"]) for group in trainer.optimizer.param_groups for p in group["params"]}
    assert rates == {(False, 1e-3), (True, 8e-3)}


def _trainer_of(made: Recipe, pairs: Path, out: Path) -> Any:
    from sqlkit.model.huggingface import load_tokenizer, load_weights
    from sqlkit.train.sft import _trainer
    from sqlkit.train.tokens import encode

    tokenizer = load_tokenizer(made.base_model)
    rows = encode(read_records(Pair, pairs / "pairs.jsonl"), tokenizer)[:4]
    return _trainer(made, load_weights(made.base_model, nf4=made.method == "qlora"), tokenizer, rows, out, [])

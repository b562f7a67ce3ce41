"""Run by test_processes, alone and under torchrun: the losses of a few steps, and how many processes made them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch


def own(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """A loss that is not one of TRL's, by its import path 'two:own'."""
    return torch.nn.functional.cross_entropy(logits, labels, reduction="none", label_smoothing=0.1)


def main(base: str, pairs: str, database: str, out: str, rows: str, packing: str, loss: str) -> None:
    from sqlkit.data import company
    from sqlkit.prompt import Context
    from sqlkit.recipe import Recipe
    from sqlkit.train import sft
    from sqlkit.train.processes import is_main

    made = Recipe(
        base_model=base, method="lora", lora_r=4, lora_alpha=8, num_train_epochs=2, per_device_train_batch_size=int(rows), packing=packing == "on",
        gradient_accumulation_steps=2, save_steps=2, eval_steps=2, logging_steps=1, report_to="none", max_new_tokens=8, learning_rate=5e-3,
        warmup_steps=0, bf16=False, max_length=1024, loss_type=loss,
    )
    kept = []
    build = sft._trainer

    def watched(*given: object) -> object:
        kept.append(build(*given))  # type: ignore[arg-type]
        return kept[-1]

    sft._trainer = watched  # type: ignore[assignment]
    asked = []

    def judge(predictions: object) -> float:
        asked.append(1)
        return 0.5

    context = Context.load(database, company.glossary())
    adapter = sft.train(made, Path(pairs) / "pairs.jsonl", company.questions("dev")[:2], context, Path(out), judge=judge, quiet=True)
    if is_main():
        trainer = kept[0]
        world = torch.distributed.get_world_size() if torch.distributed.is_initialized() else 1
        losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]  # type: ignore[attr-defined]
        whole = (adapter / "adapter_model.safetensors").exists()
        told = {"world": world, "losses": losses, "steps": trainer.state.global_step, "adapter": whole}  # type: ignore[attr-defined]
        print("TOLD " + json.dumps(told))
    else:
        assert not asked, "the dev questions are for the main process"


if __name__ == "__main__":
    main(*sys.argv[1:])

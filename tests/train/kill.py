"""Run by test_reproducible: trains once undisturbed, then again and again, killed with SIGKILL at chosen moments and run anew.

A moment is a count of file operations in the run's folder, so that every gap between two writes can be hit. Each training is a
fork of one process that has imported everything.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

WATCHED = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}


def watch(folder: str, reached: Callable[[int], None]) -> None:
    """Count this process's file operations under `folder`."""
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event in WATCHED and str(arguments[0]).startswith(folder):
            count += 1
            reached(count)

    sys.addaudithook(hook)


def main(base: str, pairs: str, database: str, out: str, moments: str) -> None:
    from sqlkit.data import company
    from sqlkit.prompt import Context
    from sqlkit.recipe import Recipe
    from sqlkit.train.callbacks import Accuracy
    from sqlkit.train.sft import train

    recipe = Recipe(
        base_model=base, lora_r=4, lora_alpha=8, num_train_epochs=2, per_device_train_batch_size=4, gradient_accumulation_steps=1, save_steps=2,
        eval_steps=3, logging_steps=1, report_to="none", max_new_tokens=8, learning_rate=1e-3, warmup_steps=0, lora_dropout=0.1,
    )
    context = Context.load(database, company.glossary())

    def by_weights(self: Accuracy, model: Any) -> float:
        """An accuracy that changes with every bit of the weights, so that equal curves are equal weights at each point."""
        weights = b"".join(p.detach().numpy().tobytes() for p in model.parameters() if p.requires_grad)
        return zlib.crc32(weights) % 1000 / 1000

    Accuracy._judge = by_weights  # type: ignore[method-assign]

    def attempt(folder: Path, reached: Callable[[int], None] = lambda n: None) -> int:
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        watch(str(folder), reached)
        code = 1
        try:
            train(recipe, Path(pairs) / "pairs.jsonl", company.questions("dev")[:2], context, folder, judge=lambda _: 0.0, quiet=True)
            code = 0
        finally:
            os._exit(code)

    whole = Path(out) / "whole"
    tally = Path(out) / "tally"
    assert attempt(whole, lambda n: tally.write_text(str(n)) and None) == 0  # type: ignore[func-returns-value]
    operations = int(tally.read_text())
    wanted = (whole / "adapter" / "adapter_model.safetensors").read_bytes()
    told = []
    for number, at in enumerate(sorted(random.Random(7).sample(range(10, operations), int(moments)))):
        folder = Path(out) / f"cut{number}"
        killed = attempt(folder, lambda n, at=at: os.kill(os.getpid(), signal.SIGKILL) if n == at else None)
        left = sorted(p.name for p in folder.iterdir()) if folder.exists() else []
        again = attempt(folder)
        same = again == 0 and (folder / "adapter" / "adapter_model.safetensors").read_bytes() == wanted
        curves = again == 0 and (folder / "dev_ex.json").read_bytes() == (whole / "dev_ex.json").read_bytes()
        told.append({"at": at, "of": operations, "killed": killed == -signal.SIGKILL, "same": same, "curves": curves, "left": left})
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])

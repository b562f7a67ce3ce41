"""What happens beside the training loop: progress on the screen, execution accuracy on dev, a stop on nonsense."""

from __future__ import annotations

import contextlib
import ctypes
import json
import math
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from sqlkit.errors import RunError
from sqlkit.model.huggingface import HuggingFaceModel
from sqlkit.records import Example, Prediction, Prompt, write_atomic
from sqlkit.sql.extract import extract

Judge = Callable[[Sequence[Prediction]], float]


class Accuracy(TrainerCallback):  # type: ignore[misc]
    """Answers the dev questions every `every` steps, keeps the best adapter, stops when it no longer improves."""

    def __init__(
        self, tokenizer: Any, dev: Sequence[Example], prompts: Sequence[Prompt], judge: Judge, folder: Path, *,
        every: int, patience: int, max_new_tokens: int, grammars: Sequence[str] | None = None,
    ) -> None:
        self.tokenizer, self.dev, self.prompts, self.judge, self.folder = tokenizer, dev, prompts, judge, folder
        self.every, self.patience, self.max_new_tokens, self.grammars = every, patience, max_new_tokens, grammars
        self.curve: list[dict[str, float]] = []
        self.seconds = 0.0
        self.show: Callable[[str], None] = lambda _: None
        path = folder / "dev_ex.json"
        if path.exists():
            self.curve = json.loads(path.read_text())

    @property
    def best(self) -> float:
        return max((point["ex"] for point in self.curve), default=-1.0)

    def measure(self, model: Any, step: int) -> float:
        """EX of the live weights on dev; the best so far is saved to `best/`."""
        if not self.dev:
            return self._keep(model, step, 0.0)
        began = time.perf_counter()
        training, cache = model.training, model.config.use_cache
        model.eval()
        try:
            said = HuggingFaceModel(model, self.tokenizer).generate(
                self.prompts, max_new_tokens=self.max_new_tokens, batch_size=32, grammar=self.grammars
            )
        finally:
            model.config.use_cache = cache
            model.train(training)
        predictions = [
            Prediction(e.id, extract(g.text), g.text, g.seconds, g.tokens) for e, g in zip(self.dev, said, strict=True)
        ]
        value = self.judge(predictions)
        self.seconds += time.perf_counter() - began
        return self._keep(model, step, value)

    def _keep(self, model: Any, step: int, value: float) -> float:
        if value > self.best or not self.dev:
            partial = self.folder / "best.partial"
            shutil.rmtree(partial, ignore_errors=True)
            model.save_pretrained(partial)
            shutil.rmtree(self.folder / "best", ignore_errors=True)
            partial.rename(self.folder / "best")
        self.curve = [p for p in self.curve if p["step"] < step] + [{"step": step, "ex": value}]
        write_atomic(self.folder / "dev_ex.json", json.dumps(self.curve) + "\n")
        self.show(f"dev EX {value:.1%} (best {self.best:.1%})")
        return value

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        if self.every and state.global_step % self.every == 0 and state.global_step < state.max_steps:
            self.measure(model, state.global_step)
            since = next(p["step"] for p in self.curve if p["ex"] == self.best)
            if self.patience and sum(p["step"] > since for p in self.curve) >= self.patience:
                control.should_training_stop = True

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        if not self.curve or self.curve[-1]["step"] != state.global_step:
            self.measure(model, state.global_step)


def give_back() -> None:
    """Hand freed memory back to the system: batches of ever new lengths leave the C library's heap in pieces."""
    with contextlib.suppress(OSError, AttributeError):  # glibc only
        ctypes.CDLL("libc.so.6").malloc_trim(0)


class Screen(TrainerCallback):  # type: ignore[misc]
    """One live line: step, loss, tokens per second, time left."""

    def __init__(self, quiet: bool = False) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self.note, self.said = "", 0.0
        self.quiet = quiet
        self.bar = Progress(
            TextColumn("train"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
            TimeRemainingColumn(), disable=quiet,
        )

    def say(self, note: str) -> None:
        self.note = note

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.start()
        self.task = self.bar.add_task("", total=state.max_steps, completed=state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        loss = (logs or {}).get("loss")
        if loss is None:
            return
        if not math.isfinite(loss):
            raise RunError(f"the loss is not a number at step {state.global_step}; lower learning_rate (the last checkpoint is kept)")
        self.bar.update(self.task, description=f"loss {loss:.3f}  {self.note}")
        if not self.quiet and not self.bar.console.is_terminal and time.monotonic() - self.said > 30:
            self.said = time.monotonic()  # a log file shows no live bar
            print(f"train step {state.global_step}/{state.max_steps} loss {loss:.3f} {self.note}", flush=True)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.update(self.task, completed=state.global_step)
        if state.global_step % 4 == 0:
            give_back()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.stop()

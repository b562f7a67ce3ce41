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

from sqlkit.errors import TrainingError
from sqlkit.model.huggingface import HuggingFaceModel
from sqlkit.records import Example, Prediction, Prompt, write_atomic
from sqlkit.sql.extract import extract
from sqlkit.train.lora import Start, save_adapter
from sqlkit.train.processes import is_main, shared

WHOLE = "whole.json"
HEADROOM = 1.1  # how much more memory than the first step's is let stand before it is handed back
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
        self.start: Start | None = None
        self.before = False  # whether the weights that a run begins with are measured too, and kept where nothing beats them
        self.sharded = False  # weights in pieces on several devices: nothing to generate with until the end
        self.seconds, self.began = 0.0, time.perf_counter()
        self.show: Callable[[str], None] = lambda _: None
        self.told: Callable[[int, float], None] = lambda step, ex: None  # may raise to end the run
        path = folder / "dev_ex.json"
        if path.exists():
            self.curve = json.loads(path.read_text())

    @property
    def best(self) -> float:
        return max((point["ex"] for point in self.curve), default=-1.0)

    def measure(self, model: Any, step: int) -> float:
        """EX of the live weights on dev; the best so far is saved to `best/`."""
        value = self._judge(model) if self.dev and is_main() else 0.0
        return self._keep(model, step, shared(value))

    def _judge(self, model: Any) -> float:
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
        return value

    def _keep(self, model: Any, step: int, value: float) -> float:
        better = value > self.best or not self.dev
        self.curve = [p for p in self.curve if p["step"] < step] + [{"step": step, "ex": value}]
        if is_main():
            if better:
                partial = self.folder / "best.partial"
                shutil.rmtree(partial, ignore_errors=True)
                save_adapter(model, partial, self.start)
                shutil.rmtree(self.folder / "best", ignore_errors=True)
                partial.rename(self.folder / "best")
            write_atomic(self.folder / "dev_ex.json", json.dumps(self.curve) + "\n")
        if self.dev:
            share = self.seconds / max(1e-9, time.perf_counter() - self.began)
            self.show(f"dev EX {value:.1%} at step {step} (best {self.best:.1%}), {share:.0%} of the time")
        return value

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        if self.every and state.global_step % self.every == 0 and state.global_step < state.max_steps and not self.sharded:
            self.told(state.global_step, self.measure(model, state.global_step))
            since = next(p["step"] for p in self.curve if p["ex"] == self.best)
            if self.patience and sum(p["step"] > since for p in self.curve) >= self.patience:
                control.should_training_stop = True

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        if self.before and self.dev and not self.curve and not state.global_step:
            self.measure(model, 0)

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        if not self.sharded and (not self.curve or self.curve[-1]["step"] != state.global_step):
            self.measure(model, state.global_step)


class Watch(TrainerCallback):  # type: ignore[misc]
    """Stops before a step that would ruin the weights, and marks each checkpoint that is whole.

    The loss that a trainer logs cannot be watched: transformers replaces what is not a number by the average before it, and
    logs only now and then, so checkpoints of ruined weights are kept. A spike: a loss more than half above the highest of the
    first ten steps, three steps in a row. spikes: whether they are looked for; a loss that hovers about zero has none to find.
    """

    FIRST, SPIKES, ABOVE = 10, 3, 1.5

    def __init__(self, folder: Path, *, spikes: bool = True) -> None:
        self.folder, self.first, self.spikes, self.looking = folder, list[float](), 0, spikes
        self.taken: Callable[[], tuple[float, float]] = lambda: (0.0, 0.0)

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        step = state.global_step + 1
        loss, norm = self.taken()
        if not math.isfinite(loss) or not math.isfinite(norm):
            what = "loss" if not math.isfinite(loss) else "gradient"
            raise TrainingError(f"the {what} is not a number at step {step}; {self._remedy()}")
        if len(self.first) < self.FIRST:
            self.first.append(loss)
            return
        self.spikes = self.spikes + 1 if self.looking and loss > self.ABOVE * max(self.first) else 0
        if self.spikes >= self.SPIKES:
            raise TrainingError(f"the loss jumped to {loss:.2f} at step {step}, it began at {self.first[0]:.2f}; {self._remedy()}")

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.spikes:
            control.should_save = False  # it would push a good checkpoint out

    def _remedy(self) -> str:
        kept = last_checkpoint(self.folder)
        where = f"the last good checkpoint is {kept}" if kept else "no checkpoint had been written"
        return f"lower learning_rate or raise warmup_steps, with another --out ({where})"

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if is_main() and not self.spikes:
            write_atomic(self.folder / f"checkpoint-{state.global_step}" / WHOLE, json.dumps(self.first) + "\n")

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        path = self.folder / f"checkpoint-{state.global_step}" / WHOLE
        if state.global_step and path.exists():
            self.first = json.loads(path.read_text(encoding="utf-8"))


def last_checkpoint(folder: Path) -> str | None:
    """The newest whole checkpoint: the mark is written when all else of it is there."""
    found = [p for p in folder.glob("checkpoint-*") if (p / WHOLE).exists()]
    return str(max(found, key=lambda p: int(p.name.rsplit("-", 1)[1]))) if found else None


def peak_memory() -> int:
    """Bytes: the most that the GPU has held for this process, or without one the most that the process was."""
    import resource

    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def resident() -> int:
    """Bytes that this process holds in memory now."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def give_back() -> None:
    """Hand freed memory back to the system: batches of ever new lengths leave the C library's heap in pieces.

    Not after every step: to be given the pages again costs a twentieth of the training (measured).
    """
    with contextlib.suppress(OSError, AttributeError):  # glibc only
        ctypes.CDLL("libc.so.6").malloc_trim(0)


class Screen(TrainerCallback):  # type: ignore[misc]
    """One live line: step, loss, tokens per second, memory, dev accuracy, time left."""

    def __init__(self, quiet: bool = False) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self.note, self.said, self.held = "", 0.0, 0
        self.before = (time.perf_counter(), 0.0)
        self.quiet = quiet
        self.bar = Progress(
            TextColumn("train"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
            TimeRemainingColumn(), disable=quiet,
        )

    def say(self, note: str) -> None:
        """Show a note beside the steps from now on, and once as a line of its own: behind the last step there is no other."""
        self.note = note
        if not self.quiet:
            self.bar.console.print(note, highlight=False)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.start()
        self.task = self.bar.add_task("", total=state.max_steps, completed=state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or logs is None:
            return
        now, tokens = time.perf_counter(), logs.get("num_tokens", 0.0)
        speed = (tokens - self.before[1]) / max(1e-9, now - self.before[0])
        self.before = (now, tokens)
        earned = f"  reward {logs['reward']:.3f}" if logs.get("reward") is not None else ""
        told = f"loss {loss:.3f}{earned}  {speed:,.0f} tokens/s  {peak_memory() / 2**30:.1f} GB  {self.note}"
        self.bar.update(self.task, description=told)
        if not self.quiet and not self.bar.console.is_terminal and time.monotonic() - self.said > 30:
            self.said = time.monotonic()  # a log file shows no live bar
            print(f"train step {state.global_step}/{state.max_steps} {told}", flush=True)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.update(self.task, completed=state.global_step)
        if self.held == 0:
            self.held = resident()  # the longest rows come first: what their step took is needed anyway
        elif state.global_step % 4 == 0 and resident() > HEADROOM * self.held:
            give_back()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.stop()

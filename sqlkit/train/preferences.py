"""Pairs of a right and a wrong answer, for DPO: the tuned model's own answers to training questions, run and graded.

`sampled.jsonl` has a line for each question, written as they come; a run that was killed goes on behind the last whole line.
`preferences.jsonl` has the pairs that are made of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlkit.errors import RunError
from sqlkit.model.huggingface import load_model
from sqlkit.recipe import Recipe
from sqlkit.records import Pair, read_jsonl, write_atomic, write_jsonl

SAMPLED, PREFERENCES = "sampled.jsonl", "preferences.jsonl"
QUESTIONS = 8  # answered at once; part of what a run draws, so it does not change with the machine


class Scores(Protocol):
    weights: list[float]
    names: list[str]

    def score(self, ids: Sequence[str], texts: Sequence[str]) -> list[dict[str, float]]: ...


def sample(recipe: Recipe, pairs: Sequence[Pair], base: str, rewards: Scores, out: Path, *, quiet: bool = False) -> Path:
    """Answer every question `num_generations` times (once greedily, the rest drawn) and grade the answers; returns the file.

    Lines: {"id", "answers", "earned"}, the weighted reward of each answer, and "right", whether it is right.
    """
    from rich.progress import track

    path = out / SAMPLED
    done = _whole_lines(path)
    groups = [pairs[i : i + QUESTIONS] for i in range(0, len(pairs), QUESTIONS)]
    left = [group for group in groups if any(pair.id not in done for pair in group)]
    if not left:
        return path
    model = load_model(base, recipe.lora_model_dir)
    with path.open("a", encoding="utf-8") as handle:
        for group in track(left, "sample", disable=quiet):
            said = model.generate(
                [pair.prompt for pair in group], max_new_tokens=recipe.max_completion_length, batch_size=QUESTIONS * recipe.num_generations,
                samples=recipe.num_generations - 1,
            )
            for pair, answer in zip(group, said, strict=True):
                if pair.id in done:
                    continue
                texts = list(dict.fromkeys((answer.text, *answer.others)))
                scores = rewards.score([pair.id] * len(texts), texts)
                earned = [sum(w * score[name] for w, name in zip(rewards.weights, rewards.names, strict=True)) for score in scores]
                row = {"id": pair.id, "answers": texts, "earned": earned, "right": [score.get("right", 0.0) > 0 for score in scores]}
                handle.write(json.dumps(row, ensure_ascii=False) + "\n")
            handle.flush()
            os.fsync(handle.fileno())
    model.close()
    return path


def preferences(recipe: Recipe, pairs: Sequence[Pair], out: Path) -> list[dict[str, Any]]:
    """The pairs that DPO learns from, one a question, written to `preferences.jsonl`.

    Rejected is the first wrong answer, the greedy one where that is wrong. Chosen is the first right answer of the model's own, else
    the gold's text ("by" tells which). A question that the model answers rightly every time gives none.
    Raises RunError when no question gives a pair.
    """
    golds = {pair.id: pair.completion for pair in pairs}
    rows = []
    for row in read_jsonl(out / SAMPLED):
        wrong = [text for text, right in zip(row["answers"], row["right"], strict=True) if not right]
        right = [text for text, right in zip(row["answers"], row["right"], strict=True) if right]
        if wrong and row["id"] in golds:
            gold = golds[row["id"]]
            rows.append({"id": row["id"], "chosen": right[0] if right else gold, "rejected": wrong[0], "by": "model" if right else "gold"})
    if not rows:
        raise RunError("no question gave a pair: the model answered every one rightly every time; raise num_generations or take harder questions")
    write_jsonl(out / PREFERENCES, rows)
    return rows


def _whole_lines(path: Path) -> set[str]:
    """Ids of the questions that have been answered; half a line, of a run that was killed, is taken off."""
    if not path.exists():
        return set()
    text = path.read_text(encoding="utf-8", errors="replace")
    if not text.endswith("\n"):
        write_atomic(path, text[: text.rfind("\n") + 1])
    return {str(row["id"]) for row in read_jsonl(path)}

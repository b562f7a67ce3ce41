"""inspect_ai: text-to-SQL judged by sqlkit (https://inspect.aisi.org.uk/custom-scorers.html).

inspect eval eval/tasks/inspect_ai/sqlkit_task.py --model openai/MODEL -T cases=cases.jsonl
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import CORRECT, INCORRECT, NOANSWER, Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import TaskState, generate

sys.path.insert(0, str(Path(__file__).parents[1]))

import judge

EXAMPLE = Path(__file__).parents[1] / "example.jsonl"


def samples(cases: str | Path) -> list[Any]:
    """A sample for each line of a case file; the case itself travels as metadata."""
    lines = Path(cases).read_text(encoding="utf-8").splitlines()
    docs = [json.loads(line) for line in lines if line.strip()]
    return [
        Sample(input=judge.prompt(doc), target=judge.target(doc), id=str(doc.get("id", number)), metadata={"case": doc})
        for number, doc in enumerate(docs, 1)
    ]


@scorer(metrics=[accuracy(), stderr()])
def execution() -> Scorer:
    """Correct where the result is the gold's; no answer where the gold is at fault."""

    async def score(state: TaskState, target: Target) -> Score:
        text = state.output.completion
        outcome = await asyncio.to_thread(judge.grade, state.metadata["case"], text)  # the sandbox blocks
        known = judge.scores(outcome)
        value = NOANSWER if "ex" not in known else CORRECT if known["ex"] else INCORRECT
        return Score(value=value, answer=text, explanation=judge.told(outcome), metadata={"verdict": outcome["verdict"], **known})

    return score


@task
def sqlkit(cases: str = str(EXAMPLE)) -> Task:
    return Task(dataset=MemoryDataset(samples(cases)), solver=generate(), scorer=execution())

"""The adapters for other harnesses: the judge itself, and each task file against stand-ins for its harness's classes."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import math
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

TASKS = Path(__file__).parents[2] / "eval" / "tasks"
DOCS = [json.loads(line) for line in (TASKS / "example.jsonl").read_text().splitlines()]
RIGHT = ["```sql\nSELECT COUNT(id) FROM emp WHERE NOT salary <= 3000;\n```", "SELECT dept FROM emp GROUP BY 1 HAVING COUNT(*) > 1", "CANNOT ANSWER"]
WRONG = ["SELECT COUNT(*) FROM emp WHERE salary >= 3000", "SELECT dept FROM emp", "SELECT name FROM emp"]


def load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def judge() -> Iterator[ModuleType]:
    module = load(TASKS / "judge.py", "judge")
    yield module
    module.close()


def refusal() -> str:
    from sqlkit.sql.extract import REFUSAL

    return REFUSAL


def test_the_judge(judge: ModuleType) -> None:
    for doc, right, wrong in zip(DOCS, [*RIGHT[:2], refusal()], WRONG, strict=True):
        assert judge.scores(judge.grade(doc, right))["ex"] == 1.0, right
        outcome = judge.grade(doc, wrong)
        assert judge.scores(outcome)["ex"] == 0.0
        assert outcome["verdict"] in judge.told(outcome)
        assert doc["question"] in judge.prompt(doc)
    assert "ex" not in judge.scores(judge.grade({**DOCS[0], "gold": "SELECT nothing FROM emp"}, RIGHT[0]))
    assert judge.target(DOCS[2]) == ""
    assert judge.target({"gold": ["a", "b"]}) == "a"


def test_the_task_for_lm_eval(judge: ModuleType) -> None:
    import yaml

    module = load(TASKS / "lm_eval" / "sqlkit_task.py", "lm_eval_task")

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda loader, node: getattr(module, node.value.partition(".")[2]))
    made = yaml.load((TASKS / "lm_eval" / "sqlkit.yaml").read_text(), Loader)
    assert made["doc_to_target"](DOCS[0]) == DOCS[0]["gold"]
    assert DOCS[0]["question"] in made["doc_to_text"](DOCS[0])
    found = [made["process_results"](doc, [text]) for doc, text in zip(DOCS[:2], RIGHT, strict=False)]
    assert [row["ex"] for row in found] == [1.0, 1.0]
    assert {m["metric"] for m in made["metric_list"]} == set(found[0])
    broken = made["process_results"]({**DOCS[1], "gold": "SELECT x FROM emp"}, [RIGHT[1]])
    assert math.isnan(broken["ex"])
    assert made["metric_list"][0]["aggregation"]([1.0, 0.0, math.nan]) == 0.5
    assert math.isnan(module.mean_of_known([math.nan]))


def stand_ins() -> dict[str, ModuleType]:
    """The names that the task file takes from inspect_ai, as plain records."""

    def record(**values: Any) -> SimpleNamespace:
        return SimpleNamespace(**values)

    def module(name: str, **values: Any) -> ModuleType:
        made = types.ModuleType(name)
        vars(made).update(values)
        return made

    def same(function: Any) -> Any:
        return function

    return {
        "inspect_ai": module("inspect_ai", Task=record, task=same),
        "inspect_ai.dataset": module("inspect_ai.dataset", MemoryDataset=list, Sample=record),
        "inspect_ai.scorer": module(
            "inspect_ai.scorer", CORRECT="C", INCORRECT="I", NOANSWER="N", Score=record, Scorer=Any, Target=Any,
            accuracy=dict, stderr=dict, scorer=lambda metrics: same,
        ),
        "inspect_ai.solver": module("inspect_ai.solver", TaskState=Any, generate=dict),
    }  # fmt: skip


def test_the_task_for_inspect_ai(judge: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, held in stand_ins().items():
        monkeypatch.setitem(sys.modules, name, held)
    module = load(TASKS / "inspect_ai" / "sqlkit_task.py", "inspect_task")
    made = module.sqlkit()
    assert [sample.id for sample in made.dataset] == ["e1", "e2", "e3"]
    for text, doc, value in [(RIGHT[1], DOCS[1], "C"), (WRONG[1], DOCS[1], "I"), (RIGHT[1], {**DOCS[1], "gold": "SELECT x FROM emp"}, "N")]:
        state = SimpleNamespace(output=SimpleNamespace(completion=text), metadata={"case": doc})
        score = asyncio.run(made.scorer(state, None))
        assert (score.value, score.metadata["verdict"] in score.explanation) == (value, True)

"""`sqlkit advise` end to end on two questions and the embedded base, and what it refuses in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sqlkit.commands_advise import advise, prices
from sqlkit.data import company
from sqlkit.errors import InputError
from sqlkit.evaluate.advice import Prices
from sqlkit.recipe import Recipe
from sqlkit.records import write_jsonl


def test_prices_are_read_or_refused() -> None:
    assert prices("in=0.15,out=0.6") == Prices(0.15, 0.6, 0.0)
    assert prices("", Prices(1)) == Prices(1)
    for text in ("inn=1", "in=cheap", "in=-1", "hour=true"):
        with pytest.raises(InputError, match="prices are in, out and hour"):
            prices(text)


def test_there_must_be_something_to_compare_with(tmp_path: Path) -> None:
    asked = company.questions("dev")[:2]
    with pytest.raises(InputError, match="--steps N"):
        advise(Recipe(database="embedded"), asked, tmp_path)
    with pytest.raises(InputError, match="no questions"):
        advise(Recipe(), [], tmp_path)


@pytest.mark.parametrize(("content", "said"), [("{", "cannot read"), ('{"base_retrieval": {}, "questions": []}', "no arm tuned"), ("[]", "no arm")])
def test_a_report_without_both_arms_is_refused(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(content)
    with pytest.raises(InputError, match=said):
        advise(Recipe(), [], tmp_path / "out", report=tmp_path)
    assert not (tmp_path / "out" / "advice.md").exists()


def test_questions_that_were_tuned_on_are_refused(tmp_path: Path) -> None:
    asked = company.questions("dev")[:2]
    write_jsonl(tmp_path / "adapter" / "examples.jsonl", asked[:1])
    with pytest.raises(InputError, match=f"1 of 2 questions are among .*first: {asked[0].id}"):
        advise(Recipe(), asked, tmp_path, adapter=tmp_path / "adapter")


def _report(folder: Path, **arm: Any) -> None:
    def one(right: bool) -> dict[str, Any]:
        return {"base_retrieval": {"correct": False}, "tuned": {"correct": right}}

    figures = {"tokens": {"mean": 20.0}, "seconds_per_question": 0.5, **arm}
    asked = [{"id": f"q{i}", "question": "how many?", "sql": "SELECT 1", "counted": True, "arms": one(i < 30)} for i in range(60)]
    told = {"base_retrieval": figures, "tuned": figures, "questions": asked, "about": {"base": "http://nowhere/v1#m", "adapter": "none"}}
    folder.mkdir()
    (folder / "report.json").write_text(json.dumps(told))


def test_a_report_is_judged_without_answering_anything(tmp_path: Path) -> None:
    _report(tmp_path / "eval")
    told, page = advise(Recipe(), [], tmp_path / "out", report=tmp_path / "eval", few=Prices(hour=3.6))
    assert told["choice"] == "tune" and told["tuned"]["cost_per_1000"] == pytest.approx(0.5) and "not counted" in page
    assert json.loads((tmp_path / "out" / "advice.json").read_text())["choice"] == "tune"
    with pytest.raises(InputError, match="give --tokenizer"):
        advise(Recipe(), [], tmp_path / "out2", report=tmp_path / "eval", few=Prices(prompt=1.0))


@pytest.mark.slow
def test_it_tunes_on_a_budget_measures_and_advises(retail: Path, tmp_path: Path) -> None:
    recipe = Recipe.load("embedded", ["pairs=60", "samples=0", "constrained=false", "scoped=false", "max_new_tokens=16", "warmup_steps=0"])
    few = Prices(1.0, 2.0, 3.0)
    told, page = advise(recipe, company.questions("dev"), tmp_path, steps=4, sample=6, few=few, quiet=True)
    assert told["few_shot"]["prompt_tokens"] > told["tuned"]["prompt_tokens"] > 50
    assert told["gain"]["n"] <= 6 and told["tuning_cost"] > 0 and "1,000 questions cost" in page
    again, _ = advise(recipe, company.questions("dev"), tmp_path, steps=4, sample=6, few=few, quiet=True)
    assert again["tuning_cost"] == pytest.approx(told["tuning_cost"], rel=0.01) and again["tuned"] == told["tuned"]

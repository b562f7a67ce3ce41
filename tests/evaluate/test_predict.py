"""Predictions through the shipped replay model and the one prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sqlkit.evaluate.predict import predict, read
from sqlkit.model.replay import ReplayModel
from sqlkit.model.types import Generation
from sqlkit.prompt import Context, Shots
from sqlkit.records import Example, Prompt, Result
from sqlkit.schema.types import Column, Schema, Table

CONTEXT = Context(Schema((Table("customer", (Column("id", "INTEGER"), Column("city")), ("id",)),)))
EXAMPLES = [
    Example("a", "how many customers are there?", "SELECT COUNT(*) FROM customer"),
    Example("b", "how many customers live in Lyon?", "SELECT COUNT(*) FROM customer WHERE city = 'Lyon'"),
    Example("c", "what is the weather?", None),
]


class Recording(ReplayModel):
    """Remembers what it was asked."""

    prompts: Sequence[Prompt] = ()
    options: dict[str, Any] = {}

    def generate(self, prompts: Sequence[Prompt], **options: Any) -> list[Generation]:
        self.prompts, self.options = prompts, options
        return super().generate(prompts, **options)


def test_answers_are_read_like_everywhere() -> None:
    model = ReplayModel(
        {
            "how many customers are there?": "```sql\nSELECT COUNT(*) FROM customer;\n```",
            "how many customers live in Lyon?": "I do not know.",
            "what is the weather?": "CANNOT ANSWER: no weather here",
        }
    )
    said = predict(model, EXAMPLES, CONTEXT)
    assert [p.example_id for p in said] == ["a", "b", "c"]
    assert [p.sql for p in said] == ["SELECT COUNT(*) FROM customer", "", None]
    assert said[2].text.startswith("CANNOT ANSWER")


def test_retrieved_examples_stand_in_the_prompt_but_never_the_question_itself() -> None:
    model = Recording({}, default="SELECT 1")
    predict(model, EXAMPLES, CONTEXT, shots=Shots(EXAMPLES), k=1, max_new_tokens=7, batch_size=3, constrained=True)
    assert "example: how many customers live in Lyon? => SELECT" in model.prompts[0].user
    assert "example: how many customers are there? => SELECT" in model.prompts[1].user
    assert model.options["max_new_tokens"] == 7
    assert model.options["batch_size"] == 3
    assert model.options["samples"] == 0  # nothing to run them with
    assert len(model.options["grammar"]) == 3 and "lyon" in model.options["grammar"][1].lower()
    assert "lyon" not in model.options["grammar"][2].lower()
    predict(model, EXAMPLES, CONTEXT)
    assert "example:" not in model.prompts[0].user


@pytest.mark.parametrize(
    ("probability", "threshold", "sql"),
    [(0.4, None, "SELECT 1"), (0.4, 0.5, "SELECT 1"), (0.5, 0.5, None), (0.9, 0.5, None)],
)
def test_a_likely_refusal_is_one(probability: float, threshold: float | None, sql: str | None) -> None:
    assert read("a", Generation("SELECT 1", 3, 0.5, probability), threshold).sql == sql
    assert read("a", Generation("CANNOT ANSWER", 3, 0.5, 0.0), threshold).sql is None


def test_samples_vote_when_they_can_be_run() -> None:
    said = Generation("SELECT 1", 3, 0.5, 0.1, ("SELECT 2", "SELECT 2"))
    rows = {"SELECT 1": Result(("a",), ((1,),)), "SELECT 2": Result(("a",), ((2,),))}
    assert read("a", said).sql == "SELECT 1"
    assert read("a", said, run=rows.__getitem__).sql == "SELECT 2"
    assert read("a", said, 0.05, rows.__getitem__).sql is None


def test_a_model_must_answer_every_prompt() -> None:
    class Short(ReplayModel):
        def generate(self, prompts: Sequence[Prompt], **options: Any) -> list[Generation]:
            return []

    with pytest.raises(ValueError, match="0 answers to 3 prompts"):
        predict(Short({}), EXAMPLES, CONTEXT)

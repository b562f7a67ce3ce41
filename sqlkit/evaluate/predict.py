"""Questions in, predictions out: the same prompt and the same SQL reader as in training and serving."""

from __future__ import annotations

from collections.abc import Sequence

from sqlkit.model.types import Generation, Model, Progress
from sqlkit.prompt import Context, Shots, render
from sqlkit.records import Example, Prediction
from sqlkit.sql.extract import extract


def predict(
    model: Model,
    examples: Sequence[Example],
    context: Context,
    *,
    shots: Shots | None = None,
    k: int = 2,
    refuse_threshold: float | None = None,
    grammar: str | None = None,
    max_new_tokens: int = 160,
    batch_size: int = 16,
    progress: Progress | None = None,
) -> list[Prediction]:
    """A prediction for each example, in order.

    shots: examples to retrieve `k` worked examples from; an example never sees itself. refuse_threshold: from this
    probability of a refusal on, the model is held to refuse whatever it wrote. grammar: constrains the decoding.
    """
    prompts = [
        render(e.question, context, shots.nearest(e.question, k, exclude_id=e.id) if shots else ()) for e in examples
    ]
    said = model.generate(
        prompts, max_new_tokens=max_new_tokens, batch_size=batch_size, grammar=grammar, progress=progress
    )
    if len(said) != len(examples):
        raise ValueError(f"the model gave {len(said)} answers to {len(examples)} prompts")
    return [read(e.id, generation, refuse_threshold) for e, generation in zip(examples, said, strict=True)]


def read(example_id: str, generation: Generation, refuse_threshold: float | None = None) -> Prediction:
    """The prediction in what a model wrote."""
    sql = extract(generation.text)
    if refuse_threshold is not None and generation.refuse_probability >= refuse_threshold:
        sql = None
    return Prediction(example_id, sql, generation.text, generation.seconds, generation.tokens)

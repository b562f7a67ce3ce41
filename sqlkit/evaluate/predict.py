"""Questions in, predictions out: the same prompt and the same SQL reader as in training and serving."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlkit.model.types import Generation, Kept, Model, Progress
from sqlkit.model.vote import Run, choose
from sqlkit.nearby import Aid, aid
from sqlkit.prompt import Context, Retrieval, render
from sqlkit.records import Example, Prediction
from sqlkit.schema.strange import Known, refuses
from sqlkit.sight import grammar
from sqlkit.sql.extract import extract


def predict(
    model: Model,
    examples: Sequence[Example],
    context: Context,
    *,
    shots: Retrieval | None = None,
    k: int = 2,
    refuse_threshold: float | None = None,
    known: Known | None = None,
    constrained: bool = False,
    scoped: bool = False,
    samples: int = 0,
    run: Run | None = None,
    pool: Retrieval | None = None,
    neighbours: int = 0,
    max_new_tokens: int = 160,
    batch_size: int = 16,
    progress: Progress | None = None,
    kept: Kept | None = None,
) -> list[Prediction]:
    """A prediction for each example, in order.

    shots: examples to retrieve `k` worked examples from; an example never sees itself. refuse_threshold: from this
    probability of a refusal on, the model is held to refuse whatever it wrote. known: judges, with the model, what cannot
    be answered (`sqlkit.schema.strange`), for a model tuned on a schema. constrained: decode under the grammar of
    what each prompt shows; scoped: with types and joins (`sqlkit.sql.scoped`). samples: answers to draw beside the greedy one; `run` runs them, and they vote.
    neighbours: with them vote as many queries of like questions of `pool` (`sqlkit.nearby`). kept: as for `Model.generate`.
    """
    near = [shots.nearest(e.question, k, exclude_id=e.id) if shots else [] for e in examples]
    asked = list(zip(examples, near, strict=True))
    said = model.generate(
        [render(e.question, context, some) for e, some in asked],
        max_new_tokens=max_new_tokens,
        batch_size=batch_size,
        grammar=[grammar(e.question, context, some, scoped=scoped, refusal=known is None) for e, some in asked] if constrained else None,
        samples=samples if run else 0,
        progress=progress,
        kept=kept,
    )
    if len(said) != len(examples):
        raise ValueError(f"the model gave {len(said)} answers to {len(examples)} prompts")
    aids = [aid(e.question, context, pool, neighbours, e.id) if g.others else None for e, g in zip(examples, said, strict=True)]
    strange = [known.strange(e.question) if known else None for e in examples]
    told = zip(examples, said, aids, strange, strict=True)
    return [read(e.id, g, refuse_threshold, run, beside, words) for e, g, beside, words in told]


def read(
    example_id: str,
    generation: Generation,
    refuse_threshold: float | None = None,
    run: Run | None = None,
    beside: Aid | None = None,
    strange: Sequence[str] | None = None,
) -> Prediction:
    """The prediction in what a model wrote; with samples, the one that its answers agree on when they are run."""
    began = time.perf_counter()
    sql, text = extract(generation.text), generation.text
    if refuse_threshold is not None and refuses(generation.refuse_probability, refuse_threshold, strange):
        sql = None
    elif run and generation.others:
        chosen = choose(generation, run, beside.weigh, beside.mend, beside.suggested) if beside else choose(generation, run)
        sql, text = chosen.sql, chosen.text
    return Prediction(example_id, sql, text, generation.seconds + time.perf_counter() - began, generation.tokens)

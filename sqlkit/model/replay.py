"""A model that answers from a table: for tests, and for grading predictions that were made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlkit.model.types import Generation, Grammar, Kept, Progress
from sqlkit.records import Prompt


class ReplayModel:
    """Answers by question (the prompt's last line); `default` where the table has none."""

    def __init__(self, answers: Mapping[str, str], default: str = "") -> None:
        self.answers, self.default = dict(answers), default

    def generate(
        self,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int = 160,
        batch_size: int = 16,
        grammar: Grammar = None,
        samples: int = 0,
        progress: Progress | None = None,
        kept: Kept | None = None,
    ) -> list[Generation]:
        """The answers of the table; there is nothing to sample."""
        texts = [self.answers.get(p.user.rsplit("question: ", 1)[-1], self.default) for p in prompts]
        return [Generation(text, len(text.split()), 0.0, 0.0) for text in texts]

    def close(self) -> None:
        """Nothing to free."""

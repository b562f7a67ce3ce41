"""What every model gives: texts for prompts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, MutableMapping, Sequence
from typing import Protocol

from sqlkit.records import Prompt

Progress = Callable[[int, int], None]
Grammar = str | Sequence[str] | None
TEMPERATURE = 0.7


@dataclasses.dataclass(frozen=True, slots=True)
class Generation:
    """`seconds` is this prompt's share of its batch; `refuse_probability` what the model gives to refusing, 0 if unknown;
    `others` are the sampled answers beside the greedy one."""

    text: str
    tokens: int = 0
    seconds: float = 0.0
    refuse_probability: float = 0.0
    others: tuple[str, ...] = ()


Kept = MutableMapping[int, Generation]


class Model(Protocol):
    """The one method that the rest of the kit calls.

    grammar: Lark text, one for all prompts or one for each. samples: answers to draw beside the greedy one, at
    temperature `TEMPERATURE`, the same ones every time. kept: answers by the number of their prompt; those that stand there
    are not asked for, the others are put there as they come, so that a caller may keep them on a disk.
    """

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
    ) -> list[Generation]: ...

    def close(self) -> None: ...

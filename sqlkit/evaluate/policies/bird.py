"""BIRD's EX (AlibabaResearch/DAMO-ConvAI, bird/evaluation.py): `set(predicted) == set(gold)`.

Duplicates and row order never count, on purpose; column order always does; numbers as Python compares them, floats exactly.
"""

from __future__ import annotations

from sqlkit.evaluate.gold import Gold
from sqlkit.evaluate.policies.plain import plain
from sqlkit.records import Result


def bird(gold: Gold, said: Result) -> bool:
    """Whether BIRD would have counted the prediction."""
    return said.ok and set(plain(said.rows)) == set(plain(gold.result.rows))

"""The shapes of questions: each draws a query over a world and says what it asks for.

A shape is one function (world, rng) -> Draft or None, under `@shape(weight)`, in the file of its subject; None means that the
schema has nothing for it. What is returned is fixed: who/which gives the label; top k by a measure gives label and measure,
the single best the label alone; per group gives group and value; a share is a percentage from 0 to 100.
"""

from __future__ import annotations

from sqlkit.data.shapes import (
    aggregates,
    common,
    compare,
    counting,
    figures,
    filtered,
    groups,
    hierarchy,
    listing,
    metrics,
    nested,
    relations,
    sets,
    shares,
    superlatives,
    times,
    windows,
)
from sqlkit.data.shapes.base import SHAPES, Draft, Subject, pick_table, shape
from sqlkit.data.shapes.rows import subject

__all__ = ["SHAPES", "Draft", "Subject", "pick_table", "shape", "subject"]
FILES = (
    aggregates,
    common,
    compare,
    counting,
    figures,
    filtered,
    groups,
    hierarchy,
    listing,
    metrics,
    nested,
    relations,
    sets,
    shares,
    superlatives,
    times,
    windows,
)

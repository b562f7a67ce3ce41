"""Conditions: each an SQL expression and the several ways people put it."""

from __future__ import annotations

from sqlkit.data.filters.base import Filter, case, nice, quote
from sqlkit.data.filters.choose import BY_ROLE, one, segment
from sqlkit.data.filters.dates import MONTHS, span, window
from sqlkit.data.filters.numbers import measure
from sqlkit.data.filters.presence import flag, missing
from sqlkit.data.filters.texts import label, like
from sqlkit.data.filters.values import category

__all__ = [
    "BY_ROLE",
    "MONTHS",
    "Filter",
    "case",
    "category",
    "flag",
    "label",
    "like",
    "measure",
    "missing",
    "nice",
    "one",
    "quote",
    "segment",
    "span",
    "window",
]

"""Words of names and texts, in any alphabet."""

from __future__ import annotations

import pytest

from sqlkit.schema.words import words


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("OrderLine2Product", ["order", "line", "2", "product"]),
        ("unit_prc", ["unit", "prc"]),
        ("Größe in m3", ["größe", "in", "m", "3"]),
        ("stř. škola", ["stř", "škola"]),
        ("都市 名", ["都市", "名"]),
        ("what's up", ["what", "s", "up"]),
    ],
)
def test_words(text: str, split: list[str]) -> None:
    assert words(text) == split

"""The card beside an adapter, and what happens when the hub is out of reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sqlkit.errors import RunError
from sqlkit.model.adapter import Manifest
from sqlkit.recipe import Recipe
from sqlkit.train.card import card, push, wilson


def _manifest(**changes: Any) -> Manifest:
    hashes = ("base_sha256", "tokenizer_sha256", "chat_template_sha256", "prompt_fingerprint", "data_sha256")
    return Manifest(base="owner/base", method="lora", versions={"torch": "2"}, **dict.fromkeys(hashes, "abc"), **changes)


def test_a_card_says_what_it_was_made_of_and_how_sure_the_figure_is() -> None:
    recipe = Recipe(method="lora")
    text = card("shop", recipe, _manifest(dev_ex=0.5), 321, 100)
    header = yaml.safe_load(text.split("---")[1])
    assert header["base_model"] == "owner/base" and header["library_name"] == "peft" and "text-to-sql" in header["tags"]
    for said in ("321 pairs", "50.0% (95 % interval 40.4% to 59.6%)", "## Limits", "## Licence", "learning_rate", "torch 2", "100 dev questions"):
        assert said in text
    assert "Not measured" in card("shop", recipe, _manifest(), 321, 0)


@pytest.mark.parametrize(("share", "n", "interval"), [(0.5, 100, (0.4038, 0.5962)), (0.0, 10, (0.0, 0.2775)), (1.0, 10, (0.7225, 1.0))])
def test_wilsons_interval(share: float, n: int, interval: tuple[float, float]) -> None:
    assert wilson(share, n) == pytest.approx(interval, abs=1e-4)


def test_a_hub_out_of_reach_is_one_line_and_the_adapter_stays(tmp_path: Path) -> None:
    (tmp_path / "sqlkit.json").write_text("{}")
    with pytest.raises(RunError, match=r"not on the hub: .*hf upload owner/name"):
        push(tmp_path, "owner/name")

"""The search block of a recipe: what it gives, and one clear line for what it may not say."""

from __future__ import annotations

from typing import Any

import pytest

from sqlkit.errors import RecipeError
from sqlkit.recipe import Recipe
from sqlkit.space import Axis


def space(**axes: Any) -> dict[str, Any]:
    return {"search": {"space": axes}}


def test_a_space_is_read_in_the_recipes_own_types() -> None:
    made = Recipe.of(space(learning_rate={"low": "1e-4", "high": 1, "log": True}, warmup_steps={"low": 0, "high": 40, "step": 20}, lora_r=[8, "16"]))
    rate, warmup, rank = made.axes()
    assert rate == Axis("learning_rate", (), 1e-4, 1.0, None, True, False)
    assert warmup.whole and warmup.holds(20) and not warmup.holds(30)
    assert rank.choices == (8, 16)


def test_a_recipe_without_a_space_has_no_axes_and_goes_through_yaml() -> None:
    import yaml

    assert Recipe().axes() == []
    made = Recipe.of(space(lora_r=[8, 16]))
    assert Recipe.of(yaml.safe_load(made.yaml())) == made
    assert "search" not in yaml.safe_load(made.yaml(without=["search"]))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"space": {"lernin_rate": [1, 2]}}, "did you mean 'learning_rate'"),
        ({"space": {"database": ["a", "b"]}}, "'database' cannot be searched"),
        ({"space": {"lora_r": 8}}, "a list of choices, or low and high"),
        ({"space": {"lora_r": [16]}}, "two different choices"),
        ({"space": {"lora_r": [16, 16]}}, "two different choices"),
        ({"space": {"lora_r": [16, 0]}}, "greater than or equal to 1"),
        ({"space": {"method": ["qlora", "quora"]}}, "search.space: method"),
        ({"space": {"lora_target_modules": ["all-linear", ["q_proj"]]}}, "a number, a text"),
        ({"space": {"learning_rate": {"low": 1e-4, "hihg": 1e-3}}}, "did you mean 'high'"),
        ({"space": {"learning_rate": {"low": 1e-4}}}, "needs low and high"),
        ({"space": {"learning_rate": {"low": 1e-3, "high": 1e-4}}}, "is not below high"),
        ({"space": {"weight_decay": {"low": 0, "high": 0.1, "log": True}}}, "log needs a low above 0"),
        ({"space": {"learning_rate": {"low": 1e-4, "high": 1e-3, "log": "yes"}}}, "log is true or false"),
        ({"space": {"warmup_steps": {"low": 0, "high": 40, "step": 0}}}, "not above 0"),
        ({"space": {"warmup_steps": {"low": 0, "high": 40, "step": 2.5}}}, "no whole number"),
        ({"space": {"method": {"low": "lora", "high": "qlora"}}}, "give a list of choices"),
        ({"space": {"learning_rate": {"low": 1e-3, "high": 1e-2}}}, "the recipe's own 0.0002 is not in it"),
        ({"trails": 3}, "search.trails"),
        ({"trials": 0}, "search.trials"),
        ({"pruning": "mean"}, "search.pruning"),
    ],
)
def test_what_a_block_may_not_say(block: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError) as told:
        Recipe.of({"search": block}, "mine.yaml")
    assert said in str(told.value) and str(told.value).startswith("mine.yaml: ") and "\n" not in str(told.value)

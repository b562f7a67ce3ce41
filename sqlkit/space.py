"""The `search:` block of a recipe: which of its settings `sqlkit search` may change, and between what.

    search:
      trials: 20
      pruning: median          # or none
      startup_trials: 5        # drawn at random, and none is pruned before so many are whole
      space:
        learning_rate: {low: 5.0e-4, high: 5.0e-3, log: true}
        warmup_steps: {low: 0, high: 60, step: 20}
        lora_r: [8, 16, 32]
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import pydantic

from sqlkit.errors import RecipeError

# What dev EX of a training run hangs on; data and database stay, so that all trials answer for the same thing
SEARCHABLE = (
    "base_model", "method", "lora_r", "lora_alpha", "lora_dropout", "lora_target_modules", "use_rslora", "init_lora_weights", "loraplus_lr_ratio",
    "loss_type", "learning_rate", "lr_scheduler_type", "warmup_steps", "num_train_epochs", "max_steps", "train_batch_size",
    "per_device_train_batch_size", "gradient_accumulation_steps", "max_length", "packing", "optim", "weight_decay", "max_grad_norm",
)  # fmt: skip
RANGE = {"low", "high", "step", "log"}
Value = bool | int | float | str
Validate = Callable[[str, Any], Any]


class Search(pydantic.BaseModel):
    """How long to search, where, and when to give a trial up."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    trials: int = pydantic.Field(20, ge=1)
    pruning: Literal["median", "none"] = "median"
    startup_trials: int = pydantic.Field(5, ge=1)
    space: dict[str, Any] = {}


@dataclasses.dataclass(frozen=True, slots=True)
class Axis:
    """One setting: its choices, or the range that numbers are drawn from (both ends within)."""

    name: str
    choices: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    log: bool = False
    whole: bool = False

    def holds(self, value: Any) -> bool:
        """Whether a value may be drawn."""
        if self.choices:
            return any(value == choice and type(value) is type(choice) for choice in self.choices)
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return False
        steps = (value - self.low) / self.step if self.step else 0.0
        return math.isclose(steps, round(steps), abs_tol=1e-6)


def read_space(search: Search, validate: Validate, current: Mapping[str, Any]) -> list[Axis]:
    """The axes of a space, in its order. validate: gives a recipe's value for (key, value) or raises RecipeError; current: the recipe's values.

    Raises RecipeError: a key that cannot be searched, a range or choice that the recipe would not take, a recipe whose own value is not in
    the space, which could not be compared with.
    """
    return [_axis(name, given, validate, current) for name, given in search.space.items()]


def _axis(name: str, given: Any, validate: Validate, current: Mapping[str, Any]) -> Axis:
    if name not in SEARCHABLE:
        near = difflib.get_close_matches(str(name), SEARCHABLE, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f": one of {', '.join(SEARCHABLE)}"
        raise RecipeError(f"search.space: {name!r} cannot be searched{hint}")
    if isinstance(given, list):
        axis = _choices(name, given, validate)
    elif isinstance(given, dict):
        axis = _range(name, given, validate)
    else:
        raise RecipeError(f"search.space.{name}: give a list of choices, or low and high (got {given!r})")
    if not axis.holds(current[name]):
        raise RecipeError(f"search.space.{name}: the recipe's own {current[name]!r} is not in it; the search starts from the recipe, so take it in")
    return axis


def _choices(name: str, given: list[Any], validate: Validate) -> Axis:
    found = tuple(_valid(name, value, validate) for value in given)
    if len(found) < 2 or len({(type(v), v) for v in found if isinstance(v, Value)}) < len(found):
        raise RecipeError(f"search.space.{name}: give two different choices or more, each a number, a text or true/false (got {given!r})")
    return Axis(name, found)


def _range(name: str, given: dict[str, Any], validate: Validate) -> Axis:
    where = f"search.space.{name}"
    for key in given:
        if key not in RANGE:
            near = difflib.get_close_matches(str(key), sorted(RANGE), 1)
            raise RecipeError(f"{where}: unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else "; there are low, high, step, log"))
    if not {"low", "high"} <= given.keys():
        raise RecipeError(f"{where}: a range needs low and high")
    low, high = (_valid(name, given[end], validate) for end in ("low", "high"))
    if any(isinstance(end, bool) or not isinstance(end, int | float) for end in (low, high)):
        raise RecipeError(f"{where}: it is no number; give a list of choices")
    log, step = given.get("log", False), given.get("step")
    if not isinstance(log, bool) or isinstance(step, bool) or not isinstance(step, int | float | None):
        raise RecipeError(f"{where}: log is true or false, step a number")
    whole = isinstance(low, int) and isinstance(high, int)
    if low >= high:
        raise RecipeError(f"{where}: low {low} is not below high {high}")
    if log and (low <= 0 or step is not None):
        raise RecipeError(f"{where}: log needs a low above 0 and no step")
    if step is not None and (step <= 0 or (whole and step != int(step))):
        raise RecipeError(f"{where}: step {step} is not above 0" if step <= 0 else f"{where}: step {step} is no whole number")
    return Axis(name, (), low, high, step, log, whole)


def _valid(name: str, value: Any, validate: Validate) -> Any:
    try:
        return validate(name, value)
    except RecipeError as error:
        raise RecipeError(f"search.space: {str(error).removeprefix('recipe: ')}") from None

"""A recipe: one YAML file is one run. Strict: an unknown key is an error that suggests the right one.

Key names are those of TRL and axolotl where they have one.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml

from sqlkit.errors import RecipeError
from sqlkit.space import Axis, Search, read_space

FOLDER = Path(__file__).parent / "recipes"
ANSWERING = ("max_new_tokens", "constrained", "scoped", "samples", "neighbours", "shots")
"""Keys that say how a tuned model answers."""


class Recipe(pydantic.BaseModel):
    """All a run needs. Paths are relative to the working directory; 'embedded' names what ships with sqlkit."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    # what
    base_model: str = "embedded"
    method: Literal["auto", "qlora", "lora", "dora", "full", "grpo", "dpo"] = "qlora"
    database: str = ""
    glossary: str = ""
    questions: str = ""
    dev_questions: str = ""
    test_questions: str = ""
    output_dir: str = "runs/train"
    seed: int = 0
    # data
    pairs: int = pydantic.Field(5000, ge=1)
    ddl: str = ""
    dialect: str = ""
    files: str = ""
    logs: list[str] = []
    sources: list[str] = []
    source_rows: int = pydantic.Field(0, ge=0)
    suites: list[str] = []
    retriever: str = ""  # folder of sqlkit retriever, which then chooses tables and worked examples
    drop_leaks: bool = False
    split: dict[str, Annotated[float, pydantic.Field(gt=0, lt=1)]] = {}
    back: float = pydantic.Field(0.0, ge=0, le=1)  # share of examples that are pairs from query to question as well
    extra_share: float = pydantic.Field(0.1, ge=0, lt=1)  # of the generated queries that are of the hardest level, at least; 0: as it comes
    human_repeats: int = pydantic.Field(3, ge=1)  # times that a person's question is seen, with other values where it has some
    personal_data: Literal["", "hidden", "shown"] | list[str] = ""  # values of personal columns; "": as the glossary says
    # an LLM that writes: 'http://host/v1#model', the name of one of OpenAI's, or 'python:package.module:llm'; prices for a million tokens
    rewrite: str = ""
    teacher: str = ""
    teacher_pairs: int = pydantic.Field(200, ge=1)
    teacher_samples: int = pydantic.Field(5, ge=1)
    teacher_parallel: int = pydantic.Field(8, ge=1)
    teacher_cache: str = ""
    input_price: float = pydantic.Field(0.0, ge=0)
    output_price: float = pydantic.Field(0.0, ge=0)
    cost_limit: float = pydantic.Field(0.0, ge=0)
    token_limit: int = pydantic.Field(0, ge=0)
    # tuning at a provider
    provider: Literal["", "openai", "azure"] = ""
    provider_url: str = ""
    api_version: str = ""
    suffix: str = ""
    training_price: float = pydantic.Field(0.0, ge=0)
    # adapter
    lora_r: int = pydantic.Field(16, ge=1)
    lora_alpha: int = pydantic.Field(32, ge=1)
    lora_dropout: float = pydantic.Field(0.0, ge=0, lt=1)
    lora_target_modules: str | list[str] = "all-linear"
    use_rslora: bool = False
    init_lora_weights: bool | str = True
    loraplus_lr_ratio: float = pydantic.Field(1.0, ge=1)
    # optimisation; 'auto' is chosen from the memory plan, train_batch_size is the examples of a step when the micro-batch is
    loss_type: str = "nll"
    learning_rate: float = pydantic.Field(2e-4, gt=0)
    lr_scheduler_type: str = "cosine"
    warmup_steps: int = pydantic.Field(20, ge=0)
    num_train_epochs: float = pydantic.Field(2, gt=0)
    max_steps: int = -1
    train_batch_size: int = pydantic.Field(16, ge=1)
    per_device_train_batch_size: Annotated[int, pydantic.Field(ge=1)] | Literal["auto"] = 8
    gradient_accumulation_steps: int = pydantic.Field(2, ge=1)
    per_device_eval_batch_size: int = pydantic.Field(16, ge=1)
    max_length: int = pydantic.Field(1024, ge=64)
    packing: bool | Literal["auto"] = False
    gradient_checkpointing: bool | Literal["auto"] = False
    bf16: bool | Literal["auto"] = "auto"
    optim: str = "adamw_torch"
    weight_decay: float = pydantic.Field(0.0, ge=0)
    max_grad_norm: float = pydantic.Field(1.0, gt=0)
    # grpo and dpo: what is tuned further, and the rewards of an executed answer with their weights; beta None is TRL's default
    lora_model_dir: str = ""
    num_generations: int = pydantic.Field(8, ge=2)
    max_completion_length: int = pydantic.Field(160, ge=8)
    temperature: float = pydantic.Field(1.0, gt=0, le=2)
    top_p: float = pydantic.Field(1.0, gt=0, le=1)
    beta: Annotated[float, pydantic.Field(ge=0)] | None = None
    epsilon: float = pydantic.Field(0.2, gt=0)
    reward_weights: dict[str, Annotated[float, pydantic.Field(ge=0)]] = {"runs": 0.1, "right": 1.0, "soft_f1": 0.3}
    # watching
    eval_steps: Annotated[int, pydantic.Field(ge=0)] | Literal["auto"] = "auto"  # so seldom that dev takes a tenth of the work; 0: at the end alone
    save_steps: int = pydantic.Field(200, ge=1)
    logging_steps: int = pydantic.Field(10, ge=1)
    early_stopping_patience: int = pydantic.Field(0, ge=0)
    report_to: str = "tensorboard"
    hub_model_id: str = ""
    # answering
    max_new_tokens: int = pydantic.Field(160, ge=8)
    constrained: bool = False
    scoped: bool = False
    samples: int = pydantic.Field(0, ge=0)
    neighbours: int = pydantic.Field(0, ge=0)
    shots: int = pydantic.Field(2, ge=0)
    refuse_threshold: float = pydantic.Field(0.5, gt=0, le=1)
    # searching for better settings
    search: Search = Search()

    @classmethod
    def load(cls, name: str | Path, overrides: Sequence[str] = ()) -> Recipe:
        """Read a YAML file, or a recipe that ships with sqlkit by its name, with 'key=value' overrides.

        Raises RecipeError naming the file, the key and the nearest right one.
        """
        path = Path(name)
        if not path.exists() and (FOLDER / f"{name}.yaml").exists():
            path = FOLDER / f"{name}.yaml"
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except OSError as error:
            near = difflib.get_close_matches(str(name), names(), 1)
            hint = f"; did you mean {near[0]}?" if near else f"; shipped recipes: {', '.join(names())}"
            raise RecipeError(f"cannot read recipe {name}: {error.strerror or error}{hint}") from None
        except yaml.YAMLError as error:
            raise RecipeError(f"recipe {path} is not YAML: {' '.join(str(error).split())}") from None
        if not isinstance(data, dict):
            raise RecipeError(f"recipe {path} is not a mapping of keys to values")
        return cls.of({**data, **parse_overrides(overrides)}, str(path))

    @classmethod
    def of(cls, data: dict[str, Any], where: str = "recipe") -> Recipe:
        """A recipe from a mapping. Raises RecipeError."""
        for key in data:
            if key not in cls.model_fields:
                near = difflib.get_close_matches(str(key), list(cls.model_fields), 1)
                raise RecipeError(f"{where}: unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        try:
            made = cls.model_validate(data)
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            raise RecipeError(f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']} (got {first['input']!r})") from None
        try:
            made.axes()
        except RecipeError as error:
            raise RecipeError(f"{where}: {error}") from None
        return made

    def axes(self) -> list[Axis]:
        """The settings that `sqlkit search` may change. Raises RecipeError."""
        return read_space(self.search, lambda key, value: getattr(Recipe.of({key: value}), key), dict(self))

    def yaml(self, without: Sequence[str] = ()) -> str:
        return str(yaml.safe_dump(self.model_dump(mode="json", exclude=set(without)), sort_keys=False))


def names() -> list[str]:
    """Recipes that ship with sqlkit."""
    return sorted(p.stem for p in FOLDER.glob("*.yaml"))


def parse_overrides(overrides: Sequence[str]) -> dict[str, Any]:
    """'key=value' texts, values read as YAML. Raises RecipeError."""
    found: dict[str, Any] = {}
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals:
            raise RecipeError(f"--set takes key=value, not {text!r}")
        value = value.strip()
        read = yaml.safe_load(value)
        try:  # YAML 1.1 reads 2e-4 as text
            read = float(value) if isinstance(read, str) else read
        except ValueError:
            pass
        found[key.strip()] = read
    return found

"""`--dry-run`: what a run would do, from the recipe alone, offline."""

from __future__ import annotations

from pathlib import Path

from sqlkit.embedded import amiss, resolve_base
from sqlkit.errors import InputError
from sqlkit.recipe import Recipe


def plan(recipe: Recipe, what: str, pairs: Path | None = None, gpu: str = "", hourly: float = 0.0) -> str:
    """The plan in lines; for training with the memory plan and the cost on `gpu` (else this machine) at `hourly` a unit of money.

    Pairs are counted where the folder `pairs` is there, tokens where a local base is there too, else assumed. Raises InputError for a local file that
    is missing; a hub id is not looked up.
    """
    named = [(key, getattr(recipe, key)) for key in ("questions", "dev_questions", "test_questions", "glossary", "ddl", "files")]
    for key, value in [*named, *(("logs", log) for log in recipe.logs)]:
        if value and not Path(value).exists():
            raise InputError(f"{key} {value} does not exist")
    base = resolve_base(recipe.base_model)
    local = Path(base).is_dir()
    if reason := amiss(base):
        raise InputError(reason)
    size = recipe.per_device_train_batch_size
    batch = recipe.train_batch_size if size == "auto" else size * recipe.gradient_accumulation_steps
    file = pairs / "pairs.jsonl" if pairs and (pairs / "pairs.jsonl").exists() else None
    count = (_count(file) if file else 0) or recipe.pairs
    steps = recipe.max_steps if recipe.max_steps > 0 else int(count * recipe.num_train_epochs / batch)
    lines = [
        f"{what}: {recipe.base_model} ({'local folder' if local else 'from the model hub, downloaded when the run starts'})",
        f"method {recipe.method}" + ("" if recipe.method == "full" else f", rank {recipe.lora_r}, alpha {recipe.lora_alpha}"),
        f"{count} pairs, {recipe.num_train_epochs:g} epochs, batch {batch}: about {steps} steps",
        f"at most {recipe.max_length} tokens a pair, packing {recipe.packing if recipe.packing == 'auto' else 'on' if recipe.packing else 'off'}, learning rate {recipe.learning_rate:g}",
        f"database {recipe.database or recipe.ddl or recipe.files or ', '.join(recipe.sources) or '(give --database)'}, output {recipe.output_dir}",
    ]
    if what == "search":
        lines.append(f"{recipe.search.trials} trials, the first is the recipe itself; pruning {recipe.search.pruning}")
        lines += [f"{a.name}: {', '.join(map(str, a.choices)) or f'{a.low:g} to {a.high:g}' + (' (log)' if a.log else '')}" for a in recipe.axes()]
    if recipe.method in ("grpo", "dpo"):
        given = recipe.num_generations
        lines[1] = f"method {recipe.method} from the adapter {recipe.lora_model_dir or '(give --set lora_model_dir=FOLDER)'}, {given} answers a question"
        lines.append("memory and time are not forecast for this method: each step generates and runs answers as well")
    elif what == "train":
        lines.append(_forecast(recipe, base, file, count, gpu, hourly))
    return "\n".join(lines)


def _count(file: Path) -> int:
    with file.open(encoding="utf-8") as lines:
        return sum(1 for line in lines if line.strip())


def _forecast(recipe: Recipe, base: str, file: Path | None, count: int, gpu: str, hourly: float) -> str:
    from sqlkit.train.forecast import Lengths, describe, device, forecast, lengths_of
    from sqlkit.train.lora import check_adapter_settings
    from sqlkit.train.shape import read_shape

    check_adapter_settings(recipe)
    try:
        shape = read_shape(base)
    except InputError as error:
        return str(error)
    lengths = Lengths.assume(count, recipe.max_length)
    if file and Path(base).is_dir():
        from sqlkit.model.huggingface import load_tokenizer
        from sqlkit.records import Pair, read_records
        from sqlkit.train.tokens import fit

        lengths = lengths_of(fit(read_records(Pair, file), load_tokenizer(base), recipe.max_length).rows)
    return describe(forecast(recipe, shape, lengths, device(gpu)), hourly)

"""What `sqlkit advise` does, as functions."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlkit import commands
from sqlkit.embedded import resolve_base
from sqlkit.errors import InputError
from sqlkit.evaluate.advice import Prices, Way, write_advice
from sqlkit.evaluate.advice import advise as judge
from sqlkit.prompt import Context, Retrieval, Shots, render
from sqlkit.recipe import Recipe, parse_overrides
from sqlkit.records import Example, read_records, write_atomic
from sqlkit.schema.similar import fold

FEW, TUNED = "base_retrieval", "tuned"
PRICES = {"in": "prompt", "out": "answer", "hour": "hour"}


def prices(text: str, otherwise: Prices | None = None) -> Prices:
    """'in=0.15,out=0.6,hour=1.95': money for a million tokens of prompt and of answer, and for an hour of machine. Raises InputError."""
    if not text:
        return otherwise or Prices()
    given = parse_overrides([part for part in text.split(",") if part])
    for key, value in given.items():
        if key not in PRICES or isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise InputError(f"prices are in, out and hour, each a number from 0 on, as in in=0.15,out=0.6 (got {text!r})")
    return Prices(**{PRICES[key]: float(value) for key, value in given.items()})


def advise(
    recipe: Recipe, asked: Sequence[Example], out: Path, *, adapter: Path | None = None, report: Path | None = None, pairs: Path | None = None,
    steps: int = 0, sample: int = 0, few: Prices | None = None, tuned: Prices | None = None, tuning: float = 0.0, tokenizer: str = "", quiet: bool = False,
) -> tuple[dict[str, Any], str]:
    """Measure few-shot retrieval against tuning; returns the figures and the page, which stand in `out` too.

    adapter: a tuned one; without it `steps` of training on `pairs` (built when they are not there) make one. report: a folder of
    `sqlkit eval` that holds both arms, in place of answering anything. sample: questions to ask, 0 for all. tuning: what tuning costs
    once; 0: its seconds at the tuned way's price of an hour. Raises InputError.
    """
    few = few or Prices()
    tuned = tuned or few
    if report is not None:
        found, seconds = _read(report), 0.0
        adapter = adapter or _named(found)
    else:
        if not asked:
            raise InputError("no questions: give --questions FILE")
        asked = asked if not 0 < sample < len(asked) else sorted(random.Random(recipe.seed).sample(list(asked), sample), key=asked.index)
        adapter, seconds = (adapter, 0.0) if adapter else _tune(recipe, pairs or out / "data", out, steps, quiet)
        _apart(asked, adapter)
        database, glossary = commands.where(recipe, out)
        base = "" if adapter else recipe.base_model
        found = commands.evaluate(asked, database, out, adapter=adapter, base=base, glossary=glossary, arms=[FEW, TUNED], recipe=recipe, quiet=quiet)
    tokens = _prompt_tokens(found, recipe, adapter, out, tokenizer)
    for prices_, n in ((few, tokens[0]), (tuned, tokens[1])):
        if prices_.prompt and n is None:
            raise InputError("tokens of prompts cannot be counted without the base's tokenizer and the database: give --tokenizer and --database")
    ways = [_way(found, name, n, p, recipe.samples) for name, n, p in ((FEW, tokens[0], few), (TUNED, tokens[1], tuned))]
    told = judge(ways[0], ways[1], tuning or seconds / 3600 * tuned.hour)
    about = {key: str(value) for key, value in found["about"].items()} | ({"tuning, seconds": f"{seconds:.0f}"} if seconds else {})
    return told, write_advice(out, told, about)


def _read(folder: Path) -> dict[str, Any]:
    """The report of an evaluation with both arms."""
    path = folder / "report.json" if folder.is_dir() else folder
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    for arm in (FEW, TUNED):
        if not isinstance(found, dict) or arm not in found or "questions" not in found:
            raise InputError(f"{path} has no arm {arm}: run sqlkit eval with --arms {FEW},{TUNED} and an adapter")
    return found


def _named(found: dict[str, Any]) -> Path | None:
    path = Path(found["about"].get("adapter", "none"))
    return path if path.is_dir() else None


def _tune(recipe: Recipe, pairs: Path, out: Path, steps: int, quiet: bool) -> tuple[Path, float]:
    """An adapter on a budget of steps and the seconds that it took, over all calls that went to their end."""
    if not steps:
        raise InputError("nothing to compare with: give --adapter DIR, --report DIR, or --steps N to tune on a budget")
    if not (pairs / "pairs.jsonl").exists():
        commands.build(recipe, pairs, quiet=quiet)
    began, note = time.perf_counter(), out / "tuning.json"
    before = float(json.loads(note.read_text(encoding="utf-8"))["seconds"]) if note.exists() else 0.0
    done = (out / "train" / "adapter").exists()
    adapter = commands.train(recipe.model_copy(update={"max_steps": steps}), pairs, out / "train", quiet=quiet)
    spent = before + (0.0 if done else time.perf_counter() - began)
    write_atomic(note, json.dumps({"seconds": round(spent, 1), "steps": steps}) + "\n")
    return adapter, spent


def _apart(asked: Sequence[Example], adapter: Path | None) -> None:
    """Raises InputError when questions to be asked are among those that were tuned on."""
    path = adapter / "examples.jsonl" if adapter else None
    if path is None or not path.exists():
        return
    known = {fold(e.question) for e in read_records(Example, path)}
    same = [e.id for e in asked if fold(e.question) in known]
    if same:
        raise InputError(f"{len(same)} of {len(asked)} questions are among those that {adapter} was tuned on (first: {same[0]}); leave them out")


def _prompt_tokens(found: dict[str, Any], recipe: Recipe, adapter: Path | None, out: Path, tokenizer: str) -> tuple[float | None, float | None]:
    """Mean tokens of a prompt, few-shot and tuned; None where base, database or examples are not at hand."""
    base = tokenizer or resolve_base(found["about"].get("base", recipe.base_model))
    examples = adapter / "examples.jsonl" if adapter else None
    if base.startswith(("http://", "https://")) or not recipe.database or examples is None or not examples.exists():
        return None, None
    from sqlkit.model.huggingface import chat_text, load_tokenizer
    from sqlkit.model.retriever import open_retriever

    reader = load_tokenizer(base)
    database, glossary = commands.where(recipe, out)
    context = Context.load(database, glossary or (Context.open(adapter).glossary if adapter else None), commands.personal(recipe, adapter))
    finder = open_retriever(commands.retriever_of(recipe, adapter))
    context = finder.attach(context) if finder else context
    known = read_records(Example, examples)
    shots: Retrieval = finder.shots(known) if finder else Shots(known)

    def mean(k: int) -> float:
        asked = [(q["id"], q["question"]) for q in found["questions"]]
        texts = [chat_text(reader, render(text, context, shots.nearest(text, k, key) if k else [])) for key, text in asked]
        return statistics.fmean(len(ids) for ids in reader(texts, add_special_tokens=False)["input_ids"])

    return mean(recipe.shots), mean(0)


def _way(found: dict[str, Any], arm: str, tokens: float | None, at: Prices, samples: int) -> Way:
    """An arm of a report as a way; drawn answers cost about as many tokens each as the first, and the prompt is read once."""
    told = [q for q in found["questions"] if q["counted"] and q["sql"] is not None]
    right = [bool(q["arms"][arm]["correct"]) for q in told]
    written = float(found[arm]["tokens"].get("mean", 0.0)) * (1 + samples)
    return Way(right, tokens, written, float(found[arm]["seconds_per_question"]), at)

"""What `sqlkit search` does, as functions."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlkit import commands
from sqlkit.embedded import resolve_base
from sqlkit.errors import InputError, MissingExtra, RecipeError, RunError
from sqlkit.recipe import Recipe
from sqlkit.records import Grade, write_atomic

MARKS = "marks.json"


def search(recipe: Recipe, pairs: Path, out: Path, *, jobs: int = 1, quiet: bool = False) -> dict[str, Any]:
    """Search the recipe's space with built pairs, in `jobs` processes; returns what stands in `out/report.json`.

    Writes best.yaml, report.json, report.md and report.html. The same folder again goes on where it stopped, with more trials when
    the recipe asks for more. Raises RecipeError, InputError, RunError.
    """
    check(recipe)
    commands.check_space(out, 500)
    signed = _signed(recipe, pairs)
    from sqlkit.train.search import open_study

    study = open_study(out, recipe, signed)
    with commands.progress("search", quiet) as tell:

        def count() -> None:
            tell(sum(t.state.is_finished() for t in study.get_trials(deepcopy=False)), recipe.search.trials)

        count()
        if jobs <= 1:
            _work(study, recipe, pairs, out, count)
        else:
            _workers(recipe, pairs, out, jobs, count)
    return write(study, recipe, pairs, out)


def check(recipe: Recipe) -> None:
    """Raises RecipeError, MissingExtra or RunError for what cannot be searched; nothing has been loaded yet."""
    if not recipe.axes():
        raise RecipeError("nothing to search: the recipe has no search.space; for example  search: {space: {learning_rate: {low: 1.0e-4, high: 1.0e-3, log: true}}}")
    if recipe.search.pruning != "none" and not recipe.eval_steps:
        raise RecipeError("search prunes by dev EX while training, and eval_steps is 0: set eval_steps, or search.pruning: none")
    if importlib.util.find_spec("optuna") is None:
        raise MissingExtra("optuna", "search")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise RunError("sqlkit search starts its own processes (--jobs); do not launch it with torchrun")


def _signed(recipe: Recipe, pairs: Path) -> dict[str, Any]:
    """What must be the same when a search goes on; more trials may be asked for."""
    if not (pairs / "pairs.jsonl").exists():
        raise InputError(f"{pairs} holds no pairs.jsonl; build pairs with: sqlkit build --out {pairs}")
    dev = commands.questions(recipe.dev_questions, "dev", recipe)
    if not dev:
        raise InputError("a search is judged by execution accuracy on dev: give --dev-questions FILE")
    from sqlkit.model.huggingface import load_tokenizer
    from sqlkit.train.papers import signature

    base = resolve_base(recipe.base_model)
    told = signature(recipe, base, load_tokenizer(base), pairs / "pairs.jsonl", dev)
    how = {f"search.{key}": value for key, value in recipe.search.model_dump(mode="json").items() if key != "trials"}
    signed: dict[str, Any] = json.loads(json.dumps({**told, **how}))
    return signed


def _work(study: Any, recipe: Recipe, pairs: Path, out: Path, done: Callable[[], None]) -> None:
    from sqlkit.train.search import work

    def run(made: Recipe, folder: Path, told: Callable[[int, float], None]) -> float:
        commands.train(made, pairs, folder, quiet=True, told=told, graded=lambda grades: _mark(folder, grades))
        curve = json.loads((folder / "dev_ex.json").read_text(encoding="utf-8"))
        return float(max(point["ex"] for point in curve))

    work(study, out, recipe, run, done)


def _mark(folder: Path, grades: Sequence[Grade]) -> None:
    """Keep which questions were right when most were: what a trial's interval and its gain are reckoned from."""
    path = folder / MARKS
    right = {g.example_id: g.correct for g in grades}
    if not path.exists() or sum(json.loads(path.read_text(encoding="utf-8")).values()) < sum(right.values()):
        write_atomic(path, json.dumps(right) + "\n")


def _workers(recipe: Recipe, pairs: Path, out: Path, jobs: int, count: Callable[[], None]) -> None:
    """Fresh processes that share the study; the first that fails ends them all, and each trial waits for the next call."""
    fresh = multiprocessing.get_context("spawn")
    errors = fresh.SimpleQueue()
    crew = [fresh.Process(target=_worker, args=(recipe.model_dump(), str(pairs), str(out), i, jobs, os.getpid(), errors)) for i in range(jobs)]
    for one in crew:
        one.start()
    try:
        while any(one.is_alive() for one in crew):
            if any(one.exitcode for one in crew):
                break
            time.sleep(0.5)
            count()
    finally:
        for one in crew:
            one.terminate()
            one.join()
    failed = next((one.exitcode for one in crew if one.exitcode and one.exitcode != -signal.SIGTERM), 0)
    if not errors.empty():
        raise RunError(errors.get())
    if failed:
        raise RunError(f"a worker ended with {failed}{' (killed; out of memory?)' if failed < 0 else ''}; the same command goes on from here, perhaps with fewer --jobs")


def _worker(settings: dict[str, Any], pairs: str, out: str, number: int, jobs: int, parent: int, errors: Any) -> None:
    """One process of a search. On a machine with several GPUs each takes its own."""
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and ends its workers
    from sqlkit.errors import SqlkitError
    from sqlkit.train.processes import share_machine
    from sqlkit.train.search import open_study

    share_machine(number, jobs)
    recipe = Recipe.of(settings)
    try:
        study = open_study(Path(out), recipe, _signed(recipe, Path(pairs)))
        _work(study, recipe, Path(pairs), Path(out), lambda: None)
    except SqlkitError as error:
        errors.put(str(error))
        raise SystemExit(2) from None


def _die_with(parent: int) -> None:
    """Have the system end this process when its parent is gone, however that ended (Linux)."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (OSError, AttributeError):
        return
    if os.getppid() != parent:
        os._exit(1)


def write(study: Any, recipe: Recipe, pairs: Path, out: Path) -> dict[str, Any]:
    """The search's report and the best recipe as YAML. Raises RunError when no trial is whole."""
    from sqlkit.evaluate.searched import write_search
    from sqlkit.train.search import best_trial, importance, rows, trial_folder

    best = best_trial(study)
    if best is None:
        raise RunError(f"no trial in {out} is whole; run more of them (search.trials)")
    made = Recipe.of({**recipe.model_dump(), **best.params, "search": {}})
    held = {n: trial_folder(out, n) / MARKS for n in (0, best.number)}
    marks = {n: json.loads(path.read_text(encoding="utf-8")) if path.exists() else {} for n, path in held.items()}
    found = write_search(out, rows(study), importance(study), best=best.number, marks=marks, space=recipe.search.model_dump(mode="json")["space"])
    name = f"# The best of {len(found['trials'])} trials: number {best.number}, dev EX {best.value:.1%} (see report.md)\n#   sqlkit train {out / 'best.yaml'} --pairs {pairs}\n"
    write_atomic(out / "best.yaml", name + made.yaml(without=("search",)))
    return found

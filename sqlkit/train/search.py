"""`sqlkit search`: Optuna over the settings of a recipe, the value of a trial being its best execution accuracy on dev.

A search is a folder: `study.db` (Optuna's SQLite storage) and a run folder for each trial. Killed at any moment, it goes on: a
trial belongs to whoever holds the lock on its folder, the system lets go of a dead process's locks, and a trial that nobody
holds is taken up from its last checkpoint. Draws hang on the seed, the trial's number and the setting's name alone, so that a search
with one worker comes to the same trials however often it was stopped.

Sampler: tree-structured Parzen estimators, Bergstra et al. 2011. Pruning: the median rule of Golovin et al. 2017 (Vizier).
Importance: PED-ANOVA, Watanabe et al. 2023 (https://arxiv.org/abs/2304.10255).
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import shutil
import sqlite3
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import optuna
from optuna.trial import Trial, TrialState

from sqlkit.errors import RecipeError, RunError, TrainingError
from sqlkit.recipe import Recipe
from sqlkit.space import Axis
from sqlkit.train.papers import compare

NAME, SIGNED = "sqlkit", "signed"
Told = Callable[[int, float], None]
Run = Callable[[Recipe, Path, Told], float]


class Pruned(Exception):
    """A trial that is given up: at this step it stands below the median of the others."""


class Numbered(optuna.samplers.BaseSampler):  # type: ignore[misc]
    """TPE, each setting for itself, seeded anew for every trial and setting: nothing of it lives in a process."""

    def __init__(self, seed: int, startup: int) -> None:
        self.seed, self.startup = seed, startup

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
        return {}

    def sample_relative(self, study: Any, trial: Any, search_space: dict[str, Any]) -> dict[str, Any]:
        return {}

    def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
        seed = zlib.crc32(f"{self.seed} {trial.number} {param_name}".encode())
        sampler = optuna.samplers.TPESampler(n_startup_trials=self.startup, multivariate=False, seed=seed)
        return sampler.sample_independent(study, trial, param_name, param_distribution)


def open_study(folder: Path, recipe: Recipe, signed: dict[str, Any]) -> Any:
    """The study of a folder, begun if there is none: its first trial is the recipe itself.

    Raises RunError when the folder's study belongs to another recipe, base or data, naming every difference, or is none.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = folder / "study.db"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _begin(path, recipe, signed)
    if not _ours(path):
        raise RunError(f"{path} is no study that sqlkit search began; use another --out")
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": 120}})
    search = recipe.search
    rule = optuna.pruners.MedianPruner(n_startup_trials=search.startup_trials) if search.pruning == "median" else optuna.pruners.NopPruner()
    study = optuna.load_study(study_name=NAME, storage=storage, sampler=Numbered(recipe.seed, search.startup_trials), pruner=rule)
    compare(folder, study.user_attrs[SIGNED], signed)
    return study


def _begin(path: Path, recipe: Recipe, signed: dict[str, Any]) -> None:
    """A study file that is whole from the moment it stands there."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    storage = optuna.storages.RDBStorage(f"sqlite:///{partial}")
    study = optuna.create_study(storage=storage, study_name=NAME, direction="maximize")
    study.set_user_attr(SIGNED, signed)
    study.enqueue_trial({axis.name: getattr(recipe, axis.name) for axis in recipe.axes()})
    storage.remove_session()
    storage.engine.dispose()
    partial.rename(path)


def _ours(path: Path) -> bool:
    """Whether a file is a SQLite database with a study that `_begin` made."""
    query = "SELECT COUNT(*) FROM studies JOIN study_user_attributes USING (study_id) WHERE study_name = ? AND key = ?"
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=120)) as held:
            return bool(held.execute(query, (NAME, SIGNED)).fetchone()[0])
    except sqlite3.DatabaseError:
        return False


def work(study: Any, folder: Path, recipe: Recipe, run: Run, done: Callable[[], None] = lambda: None) -> None:
    """Run trials until the recipe's number of them is there; any number of processes may do so at the same time.

    run: trains a recipe in a folder, tells (step, EX) of its measures, and returns the best. Raises RunError when the recipe itself
    cannot be trained, and whatever else `run` raises; the next call goes on with that trial.
    """
    while (claim := _claim(study, folder, recipe)) is not None:
        trial, lock = claim
        with lock:
            _trial(study, trial, trial_folder(folder, trial.number), recipe, run)
        with _held(folder / "lock"):
            _tidy(study, folder)
        done()


def trial_folder(folder: Path, number: int) -> Path:
    return folder / "trials" / f"{number:03d}"


def _claim(study: Any, folder: Path, recipe: Recipe) -> tuple[Trial, IO[str]] | None:
    """A trial that nobody works on, with its settings drawn and its lock held; None when there is nothing more to do."""
    with _held(folder / "lock"):
        for left in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if lock := _take(trial_folder(folder, left.number)):
                trial = Trial(study, left._trial_id)
                break
        else:
            begun = [t for t in study.get_trials(deepcopy=False) if t.state is not TrialState.WAITING]
            if len(begun) >= recipe.search.trials:
                return None
            trial = study.ask()
            taken = _take(trial_folder(folder, trial.number))
            if taken is None:
                raise RunError(f"{trial_folder(folder, trial.number)} is held by another process; is a search with another study.db running?")
            lock = taken
        for axis in recipe.axes():
            suggest(trial, axis)
    return trial, lock


def suggest(trial: Trial, axis: Axis) -> Any:
    """A setting's value: drawn, or the one that the trial already has."""
    if axis.choices:
        return trial.suggest_categorical(axis.name, axis.choices)
    if axis.whole:
        return trial.suggest_int(axis.name, int(axis.low), int(axis.high), step=int(axis.step or 1), log=axis.log)
    return trial.suggest_float(axis.name, axis.low, axis.high, step=axis.step, log=axis.log)


def _trial(study: Any, trial: Trial, folder: Path, recipe: Recipe, run: Run) -> None:
    heard = set(study.trials[trial.number].intermediate_values)

    def told(step: int, ex: float) -> None:
        if step not in heard:
            trial.report(ex, step)
        if trial.number and trial.should_prune():  # the recipe itself is what all others are compared with
            raise Pruned

    try:
        made = Recipe.of({**recipe.model_dump(), **trial.params, "search": {}}, f"trial {trial.number}")
        value = run(made, folder, told)
    except Pruned:
        study.tell(trial, state=TrialState.PRUNED)
    except (TrainingError, RecipeError) as error:
        if trial.number == 0:
            raise RunError(f"the recipe itself cannot be trained: {error}") from None
        trial.set_user_attr("why", str(error))
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, value)
    _free()


def _free() -> None:
    """Let go of a trial's model before the next one is loaded."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def _tidy(study: Any, folder: Path) -> None:
    """Weights are kept of the best trial so far; what the others were asked and said stays."""
    best = best_trial(study)
    for trial in study.get_trials(deepcopy=False):
        if trial.state.is_finished() and best is not None and trial.number != best.number:
            for name in ("adapter", "best", "best.partial", "adapter.partial", "checkpoints"):
                shutil.rmtree(trial_folder(folder, trial.number) / name, ignore_errors=True)


def best_trial(study: Any) -> Any:
    """The whole trial with the highest EX, of equals the first; None when there is none."""
    whole = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max(whole, key=lambda t: (t.value, -t.number), default=None)


def rows(study: Any) -> list[dict[str, Any]]:
    """The trials begun, plain: number, state, ex (last measure of a pruned one), settings, why, steps measured, seconds."""
    found = []
    for t in study.get_trials(deepcopy=False):
        if t.state is not TrialState.WAITING:
            spent = (t.datetime_complete - t.datetime_start).total_seconds() if t.datetime_complete and t.datetime_start else None
            curve = sorted(t.intermediate_values.items())
            found.append({
                "number": t.number, "state": t.state.name.lower(), "ex": t.value, "settings": t.params, "why": t.user_attrs.get("why", ""),
                "curve": curve, "seconds": spent,
            })  # fmt: skip
    return found


def importance(study: Any) -> dict[str, float]:
    """How much of what sets good trials apart each setting explains, adding up to 1; {} while too few trials are whole to tell."""
    whole = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(whole) < 4 or len({t.value for t in whole}) < 2:
        return {}
    return {name: float(share) for name, share in optuna.importance.get_param_importances(study).items()}


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    """Nobody else is in here at the same time."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _take(folder: Path) -> IO[str] | None:
    """The lock on a trial's folder, until the file is closed or this process dies; None when another holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file

"""Train and evaluate on a rented GPU with Modal 1.6: the same functions, the same recipe, the run folder on a Volume.

    modal run --detach deploy/modal_app.py::train --recipe qwen2.5-coder-7b --pairs runs/shop/data --run shop
    modal run deploy/modal_app.py::evaluate --questions test.jsonl --database shop.duckdb --run shop
    modal volume get sqlkit-runs shop/adapter runs/shop/

Never run against Modal's servers; tested by import, by `.local()` on the embedded base, and by `modal run ... --help`.
The GPU and the limits are read from the environment: SQLKIT_GPU (L40S), SQLKIT_HOURS (6, at most 24).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import modal

GPUS = ("T4", "L4", "A10", "L40S", "A100", "A100-40GB", "A100-80GB", "RTX-PRO-6000", "H100", "H100!", "H200", "B200", "B200+")
ROOT = Path(__file__).resolve().parent.parent
RUNS = Path("/runs")


def chosen_gpu(name: str) -> str:
    """A GPU that Modal rents ("H100", "A100-80GB:2"); Modal itself takes any text until the job starts."""
    kind, _, count = name.partition(":")
    if kind not in GPUS or (count and not (count.isdigit() and 1 <= int(count) <= 8)):
        raise SystemExit(f"sqlkit: SQLKIT_GPU={name} is not a GPU of Modal; choose one of {', '.join(GPUS)}, with ':n' for up to 8")
    return name


def chosen_seconds(hours: str) -> int:
    """Hours as seconds, within Modal's day."""
    try:
        seconds = int(float(hours) * 3600)
    except ValueError:
        seconds = 0
    if not 1 <= seconds <= 24 * 3600:
        raise SystemExit(f"sqlkit: SQLKIT_HOURS={hours} must lie between 0 and 24")
    return seconds


app = modal.App("sqlkit")
volume = modal.Volume.from_name("sqlkit-runs", create_if_missing=True)
image = (
    modal.Image.debian_slim(python_version="3.11")
    .pip_install_from_requirements(str(ROOT / "constraints.txt"))
    .env({"HF_HOME": "/runs/.hub", "TOKENIZERS_PARALLELISM": "false"})
    .add_local_dir(ROOT / "data" / "base", "/root/data/base")
    .add_local_dir(ROOT / "data" / "retail", "/root/data/retail")
    .add_local_python_source("sqlkit")
)
SETTINGS = {
    "image": image,
    "gpu": chosen_gpu(os.environ.get("SQLKIT_GPU", "L40S")),
    "volumes": {str(RUNS): volume},
    "timeout": chosen_seconds(os.environ.get("SQLKIT_HOURS", "6")),
    "retries": modal.Retries(max_retries=3, initial_delay=5.0),  # a preempted job starts again and resumes
    "single_use_containers": True,
}


def _run_folder(run: str, root: str) -> Path:
    if not run or Path(run).name != run:
        raise ValueError(f"run {run!r} must be a plain name")
    return Path(root) / run


@app.function(**SETTINGS)
def train_remote(recipe: dict[str, object], files: dict[str, bytes], run: str, root: str = str(RUNS)) -> str:
    """Tune in the run's folder on the Volume; called again it goes on from the last checkpoint."""
    from sqlkit import commands
    from sqlkit.recipe import Recipe

    if not modal.is_local():
        volume.reload()
    folder = _run_folder(run, root)
    data = _write(folder / "data", files)
    adapter = commands.train(Recipe.of(dict(recipe)), data, folder, quiet=True)
    if not modal.is_local():
        volume.commit()
    return str(adapter)


@app.function(**SETTINGS)
def evaluate_remote(recipe: dict[str, object], files: dict[str, bytes], run: str, root: str = str(RUNS)) -> dict[str, object]:
    """Judge the run's adapter on a question file and a DuckDB file; returns the report."""
    from sqlkit import commands
    from sqlkit.recipe import Recipe

    if not modal.is_local():
        volume.reload()
    folder = _run_folder(run, root)
    data = _write(folder / "evaluation", files)
    report = commands.evaluate(
        commands.read_questions(data / "questions.jsonl"), str(data / "database.duckdb"), folder, adapter=folder / "adapter",
        recipe=Recipe.of(dict(recipe)), quiet=True,
    )
    if not modal.is_local():
        volume.commit()
    return report


def _write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        partial = folder / f".{name}.partial"
        partial.write_bytes(content)
        shutil.move(partial, folder / name)
    return folder


def pairs_files(folder: Path) -> dict[str, bytes]:
    """What training needs of a built folder."""
    names = ("pairs.jsonl", "examples.jsonl", "context.json")
    missing = [n for n in names if not (folder / n).exists()]
    if missing:
        raise SystemExit(f"sqlkit: {folder} has no {missing[0]}; build pairs with: sqlkit build --out {folder}")
    return {n: (folder / n).read_bytes() for n in names}


@app.local_entrypoint()
def train(recipe: str = "qwen2.5-coder-7b", pairs: str = "runs/data", run: str = "run") -> None:
    """Tune a recipe's base on built pairs, on a rented GPU."""
    from sqlkit.recipe import Recipe

    print(train_remote.remote(Recipe.load(recipe).model_dump(mode="json"), pairs_files(Path(pairs)), run))


@app.local_entrypoint()
def evaluate(questions: str, database: str, run: str = "run", recipe: str = "qwen2.5-coder-7b") -> None:
    """Judge a run's adapter by execution accuracy, on a rented GPU."""
    from sqlkit.cli import summary
    from sqlkit.recipe import Recipe

    files = {"questions.jsonl": Path(questions).read_bytes(), "database.duckdb": Path(database).read_bytes()}
    print(summary(evaluate_remote.remote(Recipe.load(recipe).model_dump(mode="json"), files, run)))

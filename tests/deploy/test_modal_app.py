"""The Modal app without an account: imported, its settings looked at, its functions run in this process, its help printed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("modal", reason="modal is not installed: pip install 'sqlkit[remote]'")
APP = Path(__file__).resolve().parents[2] / "deploy" / "modal_app.py"


@pytest.fixture(scope="module")
def app() -> Any:
    spec = importlib.util.spec_from_file_location("modal_app", APP)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["modal_app"] = module
    spec.loader.exec_module(module)
    return module


def test_functions_and_entry_points_are_registered(app: Any) -> None:
    with _quiet():  # Modal 1.6 names no successor of these two yet
        assert {"train_remote", "evaluate_remote"} <= set(app.app.registered_functions)
        assert {"train", "evaluate"} <= set(app.app.registered_entrypoints)


@pytest.mark.parametrize("name", ["nonsense", "H100:9", "H100:x"])
def test_a_gpu_that_modal_does_not_rent_is_refused(app: Any, name: str) -> None:
    with pytest.raises(SystemExit, match="SQLKIT_GPU"):
        app.chosen_gpu(name)


@pytest.mark.parametrize("hours", ["0", "25", "long"])
def test_a_limit_beyond_a_day_is_refused(app: Any, hours: str) -> None:
    with pytest.raises(SystemExit, match="SQLKIT_HOURS"):
        app.chosen_seconds(hours)


def test_training_runs_locally_and_resumes(app: Any, retail: Path, tmp_path: Path) -> None:
    from sqlkit.data import company
    from sqlkit.data.build import build
    from sqlkit.recipe import Recipe

    build(tmp_path / "data", database=retail, glossary=company.glossary(), pairs=12)
    recipe = Recipe(max_steps=1, per_device_train_batch_size=2, lora_r=2, eval_steps=0, report_to="none").model_dump(mode="json")
    files = app.pairs_files(tmp_path / "data")
    with _quiet():
        first = app.train_remote.local(recipe, files, "one", str(tmp_path / "runs"))
        assert app.train_remote.local(recipe, files, "one", str(tmp_path / "runs")) == first
    assert (Path(first) / "sqlkit.json").exists()


def _quiet() -> Any:
    import warnings

    return warnings.catch_warnings(action="ignore")


def test_help_needs_no_account(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "modal", "run", f"{APP}::train", "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=APP.parents[1])
    assert done.returncode == 0, done.stderr
    assert "--recipe" in done.stdout and "--pairs" in done.stdout

"""`sqlkit export` as a whole: judged against the adapter, stopped when something was lost, resumed when it was cut."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqlkit import commands_export
from sqlkit.commands_export import export
from sqlkit.errors import InputError, RunError
from sqlkit.train.export import Wanted

pytestmark = pytest.mark.slow  # models are trained, merged and run

QUESTIONS = [
    ("How much is the min salary across current workers?", "SELECT MIN(sal) FROM emp WHERE term_dt IS NULL"),
    ("The number of customers whose deletion time is after the registration date", "SELECT COUNT(*) FROM cust WHERE del_ts > reg_dt"),
    ("count the customers with hometown Madrid", "SELECT COUNT(*) FROM cust WHERE city = 'Madrid'"),
    ("Oder Paper's city", "SELECT city FROM sup WHERE sup_nm = 'Oder Paper'"),
    ("what do our customers eat for breakfast?", None),
]


@pytest.fixture(scope="module")
def adapter(adapted: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return adapted(tmp_path_factory.mktemp("run") / "adapter")


@pytest.fixture(scope="module")
def suite(retail: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("suite") / "questions.jsonl"
    path.write_text("".join(json.dumps({"id": i, "question": q, "sql": s}) + "\n" for i, (q, s) in enumerate(QUESTIONS)))
    return {"questions": str(path), "database": str(retail), "quiet": True}


def test_a_merge_that_keeps_the_answers_passes_and_says_so(adapter: Path, suite: dict[str, Any], tmp_path: Path) -> None:
    """Cut between the two sides, the run goes on without asking the adapter again; done, the same command changes nothing."""
    out = tmp_path / "merged"
    kept = commands_export.gate

    def cut(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    commands_export.gate = cut  # type: ignore[assignment]
    try:
        with pytest.raises(KeyboardInterrupt):
            export(adapter, out, Wanted("merged"), **suite)
    finally:
        commands_export.gate = kept  # type: ignore[assignment]
    answered = tmp_path / "merged.partial" / "gate" / "adapter" / "predictions-tuned.jsonl"
    written = answered.stat().st_mtime_ns
    assert not out.exists()
    about, judged = export(adapter, out, Wanted("merged"), **suite)
    assert judged and judged.passed and judged.adapter.value > 0 and judged.adapter.n == 4
    assert (out / "gate" / "adapter" / "predictions-tuned.jsonl").stat().st_mtime_ns == written
    assert json.loads((out / "export.json").read_text()) == json.loads(json.dumps(about))
    assert about["gate"]["difference"]["n"] == 4 and about["onto"] == "dequantised" and not (tmp_path / "merged.partial").exists()
    assert export(adapter, out, Wanted("merged"), **suite) == (json.loads((out / "export.json").read_text()), None)
    with pytest.raises(InputError, match="holds another export"):
        export(adapter, out, Wanted("vllm"), **suite)


def test_a_planted_broken_merge_is_stopped(adapter: Path, suite: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The delta merged with the wrong sign and scale: the weights load, the model writes, and what it writes is wrong."""
    from safetensors.torch import load_file, save_file

    whole = commands_export.write

    def broken(source: Path, folder: Path, wanted: Wanted, name: str) -> dict[str, Any]:
        told = whole(source, folder, wanted, name)
        weights = load_file(folder / "model.safetensors")
        for key in weights:
            if "o_proj" in key:
                weights[key] *= -3
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return told

    monkeypatch.setattr(commands_export, "write", broken)
    with pytest.raises(RunError, match="loses more than 2 points and was stopped") as caught:
        export(adapter, tmp_path / "merged", Wanted("merged"), **suite)
    assert "\n" not in str(caught.value) and "difference -" in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["merged.refused"]
    refused = tmp_path / "merged.refused"
    assert json.loads((refused / "export.json").read_text())["gate"]["passed"] is False
    assert not list(refused.rglob("*.safetensors")) and list(refused.rglob("predictions-tuned.jsonl"))


def test_without_questions_nothing_is_written_unless_asked_for(adapter: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to judge the export by"):
        export(adapter, tmp_path / "merged", Wanted("merged"))
    assert not list(tmp_path.iterdir())
    about, judged = export(adapter, tmp_path / "merged", Wanted("merged"), gated=False)
    assert judged is None and about["gate"] is None and about["bytes"] > 10**7


def test_a_folder_that_holds_something_else_is_left_alone(adapter: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(InputError, match="is no export"):
        export(adapter, tmp_path / "mine", Wanted("merged"), gated=False)
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"

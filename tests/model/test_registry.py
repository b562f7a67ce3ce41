"""The registry: what it keeps of an adapter, and how a name becomes a folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sqlkit.errors import AdapterError, InputError
from sqlkit.model.registry import add, entries, find


@pytest.fixture(scope="module")
def adapter(adapted: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return adapted(tmp_path_factory.mktemp("run") / "adapter")


def test_an_entry_has_what_names_the_adapter_and_how_well_it_answers(adapter: Path, tmp_path: Path) -> None:
    from sqlkit.prompt import fingerprint

    ex = {"value": 0.5, "low": 0.3, "high": 0.7, "n": 20}
    add(adapter, "shop", tmp_path, ex, "20 questions")
    (entry,) = entries(tmp_path)
    assert (entry.name, entry.base, entry.method, entry.ex, entry.judged_on) == ("shop", "embedded", "qlora", ex, "20 questions")
    assert entry.prompt_fingerprint == fingerprint() and len(entry.base_sha256) == 16 and entry.created.endswith("+00:00")
    assert entry.bytes == (adapter / "adapter_model.safetensors").stat().st_size
    copied = {p.name for p in (tmp_path / "shop").iterdir()}
    assert {p.name for p in adapter.iterdir()} | {"entry.json"} == copied
    assert [p.name for p in tmp_path.iterdir()] == ["shop"]


def test_the_same_adapter_again_renews_its_entry_and_another_is_refused(adapter: Path, adapted: Callable[..., Path], tmp_path: Path) -> None:
    add(adapter, "shop", tmp_path / "r")
    add(adapter, "shop", tmp_path / "r", {"value": 1.0, "low": 0.5, "high": 1.0, "n": 4})
    assert [e.ex and e.ex["n"] for e in entries(tmp_path / "r")] == [4]
    with pytest.raises(InputError, match="another adapter shop"):
        add(adapted(tmp_path / "b", seed=1), "shop", tmp_path / "r")


def test_a_name_becomes_a_folder_and_a_folder_goes_first(adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLKIT_ADAPTERS", str(tmp_path))
    add(adapter, "shop", tmp_path)
    assert find("shop") == tmp_path / "shop" and find(adapter) == adapter
    with pytest.raises(AdapterError, match="did you mean shop"):
        find("shopp")


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "-x"])
def test_a_name_that_could_leave_the_folder_is_refused(name: str, adapter: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be an adapter's name"):
        add(adapter, name, tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_the_commands_add_list_show_and_refuse(adapter: Path, tmp_path: Path) -> None:
    def sqlkit(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "sqlkit", "adapters", *words, "--registry", str(tmp_path / "r")], capture_output=True, text=True, check=False)

    report = {"tuned": {"ex": {"value": 0.25, "low": 0.1, "high": 0.5, "n": 16}}, "about": {"adapter": str(adapter), "questions": "16", "database": "x"}}
    (tmp_path / "report.json").write_text(json.dumps(report))
    done = sqlkit("add", str(adapter), "--name", "shop", "--report", str(tmp_path / "report.json"))
    assert done.returncode == 0 and "25.0% [10.0%, 50.0%], n = 16" in done.stdout, done.stderr
    assert json.loads(sqlkit("list", "--json").stdout)[0]["name"] == "shop"
    assert "16 questions on x, arm tuned" in sqlkit("show", "shop").stdout
    report["about"]["adapter"] = "elsewhere"
    (tmp_path / "report.json").write_text(json.dumps(report))
    for words, said in (
        (("add", str(adapter), "--name", "b", "--report", str(tmp_path / "report.json")), "judges elsewhere"),
        (("add", str(tmp_path)), "is not an adapter"),
        (("show", "nothing"), "does not exist"),
    ):
        done = sqlkit(*words)
        assert done.returncode == 2 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr

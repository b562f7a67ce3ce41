"""Shared by all tests: offline, one thread, and the embedded company made once."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ["TOKENIZERS_PARALLELISM"] = "false"


@pytest.fixture(scope="session")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded company's database."""
    from sqlkit.data import company

    return company.database(tmp_path_factory.mktemp("retail") / "retail.duckdb")


@pytest.fixture
def in_folder(tmp_path: Path) -> Iterator[Path]:
    """A fresh working directory."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server on this machine that speaks OpenAI's API; its class is in loopback.py."""
    spec = importlib.util.spec_from_file_location("loopback", Path(__file__).with_name("loopback.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["loopback"] = module
    spec.loader.exec_module(module)
    monkeypatch.setenv("OPENAI_API_KEY", "key-o")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key-a")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    server = module.Loopback()
    server.Fault = module.Fault
    yield server
    server.close()

"""Shared by all tests: offline, one thread, and the embedded company made once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

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

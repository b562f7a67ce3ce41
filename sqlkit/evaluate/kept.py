"""Answers of a model as they come, so that an evaluation that was cut asks, and pays, for none of them again."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections import UserDict
from pathlib import Path
from typing import Any

from sqlkit.model.types import Generation


class KeptAnswers(UserDict[int, Generation]):
    """Answers by the number of their question, each in the file as soon as it is there.

    key: what the answers depend on; a file of another key is begun anew. A line that was cut is forgotten.
    """

    def __init__(self, path: Path, key: dict[str, Any]) -> None:
        super().__init__()
        self._path = path
        head, rows = json.dumps(key), []
        with contextlib.suppress(OSError):
            rows = path.read_text(encoding="utf-8").split("\n")[:-1]
        if rows and rows[0] == head:
            with contextlib.suppress(ValueError, TypeError):
                for number, row in map(json.loads, rows[1:]):
                    self.data[number] = Generation(**{**row, "others": tuple(row["others"])})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{row}\n" for row in [head, *(_row(n, g) for n, g in self.data.items())]), encoding="utf-8")

    def __setitem__(self, number: int, generation: Generation) -> None:
        super().__setitem__(number, generation)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_row(number, generation) + "\n")

    def done(self) -> None:
        """Everything stands elsewhere now."""
        self._path.unlink(missing_ok=True)


def _row(number: int, generation: Generation) -> str:
    return json.dumps([number, dataclasses.asdict(generation)])

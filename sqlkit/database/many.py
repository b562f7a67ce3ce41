"""Many small databases of many schemas in one guarded worker: a batch is loaded, queried by number, and forgotten."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlkit.database.populated import PopulatedSandbox
from sqlkit.database.sandbox import Sandbox
from sqlkit.errors import DatabaseError


class ManySandbox(PopulatedSandbox):
    """`limits` as for Sandbox. Empty until `fill`."""

    def __init__(self, **limits: Any) -> None:
        self._scripts, self._missing, self._stale, self._suites = [], [], False, 0
        Sandbox.__init__(self, "", name="populated databases", **limits)

    def __enter__(self) -> ManySandbox:
        return self

    def fill(self, scripts: Sequence[list[str]]) -> dict[int, str]:
        """Make these databases, in place of those before; why some could not be made, by number. Those are empty."""
        refused: dict[int, str] = {}
        left = list(scripts)
        while True:
            try:
                self.load(left)
                return refused
            except DatabaseError as error:
                told = re.search(r"database (\d+): (.*)", str(error))
                if told is None or int(told[1]) in refused:
                    raise
                refused[int(told[1])] = told[2]
                left[int(told[1])] = []

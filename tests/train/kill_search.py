"""Run by test_search: searches once undisturbed, then again and again, killed with SIGKILL at chosen moments and run anew.

A moment is a file operation in the search's folder or a statement to its study. Trials are a function of their settings, so that
hundreds of moments cost seconds; what a killed training run does is in test_reproducible and, with real trials, in test_search's slow test.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlkit.recipe import Recipe

RECIPE = Recipe.of({
    "learning_rate": 1e-3,
    "search": {
        "trials": 5, "startup_trials": 2,
        "space": {"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}, "lora_r": [8, 16, 32], "warmup_steps": {"low": 0, "high": 40, "step": 10}},
    },
})  # fmt: skip


def value(recipe: Recipe) -> float:
    """An accuracy with its best at a learning rate of 3e-3; the rank matters little, the warm-up not at all."""
    return max(0.0, 1 - abs(math.log10(recipe.learning_rate / 3e-3))) - 0.05 * (recipe.lora_r == 8)


def run(recipe: Recipe, folder: Path, told: Callable[[int, float], None]) -> float:
    for step in (1, 2, 3):
        (folder / f"step{step}").write_text("x")
        told(step, step / 3 * value(recipe))
    return value(recipe)


def once(folder: Path) -> list[dict[str, Any]]:
    from sqlkit.train.search import open_study, rows, work

    study = open_study(folder, RECIPE, {"data": 1})
    work(study, folder, RECIPE, run)
    return [{**row, "seconds": None} for row in rows(study)]


def main(out: str, moments: str) -> None:
    import sqlalchemy

    import sqlkit.train.search  # noqa: F401 - once, before the forks

    def attempt(folder: Path, result: Path, at: int) -> tuple[int, int]:
        """The exit code and how many moments there were; killed at one of them, 0 for never."""
        count, tally = 0, Path(out) / "tally"

        def moment(*_: Any) -> None:
            nonlocal count
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)

        child = os.fork()
        if child:
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            return code, int(tally.read_text()) if code == 0 else 0
        watched = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir")
        sys.addaudithook(lambda event, given: moment() if event in watched and str(given[0]).startswith(str(folder)) else None)
        sqlalchemy.event.listen(sqlalchemy.engine.Engine, "before_cursor_execute", moment)
        sqlalchemy.event.listen(sqlalchemy.engine.Engine, "commit", moment)
        code = 1
        try:
            result.write_text(json.dumps(once(folder)))
            tally.write_text(str(count))
            code = 0
        finally:
            os._exit(code)

    code, operations = attempt(Path(out) / "whole", Path(out) / "whole.json", 0)
    assert code == 0 and operations > 100, (code, operations)
    told = []
    for number, at in enumerate(sorted(random.Random(3).sample(range(1, operations), int(moments)))):
        folder, result = Path(out) / f"cut{number}", Path(out) / f"cut{number}.json"
        killed = attempt(folder, result, at)[0]
        again = attempt(folder, result, 0)[0]
        same = again == 0 and json.loads(result.read_text()) == json.loads((Path(out) / "whole.json").read_text())
        told.append({"at": at, "of": operations, "killed": killed == -signal.SIGKILL, "again": again, "same": same})
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])

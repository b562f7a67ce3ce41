"""Published SQL: what has one reading is mended and says so, the rest is given up with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sqlkit.sql.mend import Hopeless, mend

CASES = [json.loads(line) for line in Path(__file__).with_name("mend.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_mended(case: dict[str, Any]) -> None:
    def mended() -> Any:
        return mend(case["sql"], "sqlite", case["tables"], case.get("question", ""), narrow=not case.get("wide"))

    if "error" in case:
        with pytest.raises(Hopeless, match=case["error"]):
            mended()
        return
    found = mended()
    assert (found.tree.sql("sqlite"), list(found.repairs)) == (case["expected"], case["repairs"])
    assert [list(a) for a in found.added] == case.get("added", [])
    assert [list(r) for r in found.removed] == case.get("removed", [])

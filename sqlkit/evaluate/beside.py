"""What is told beside a verdict, when it is asked for: other policies, partial credit, the repair that would have helped."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlkit.evaluate.grade import POLICIES, Grader
from sqlkit.evaluate.partial import Partial, mean, partial
from sqlkit.evaluate.policies import COMPATIBLE
from sqlkit.evaluate.policies.spider import spider, without_distinct
from sqlkit.evaluate.several import Golds, match
from sqlkit.records import Result
from sqlkit.sql.edits import edits

MOST_EDITS = 12


def beside(grader: Grader, golds: Sequence[str], sql: str, dialect: str = "") -> dict[str, Any]:
    """`policies` (name to accepted), `partial` (see Partial) and `repair` (a clause, or ''), all ready for JSON.

    Of several golds the one counts that shares most with the prediction. Golds that are broken are passed over.
    """
    known = [found for gold in golds if not (found := grader.gold(gold, dialect)).broken]
    said = {i: grader.ask(i, sql) for i in range(len(grader.databases))}
    passed = {name: False for name in (*POLICIES, *COMPATIBLE, "spider_without_distinct")}
    best, nearest = Partial(0.0, 0.0, 0.0), known[0] if known else None
    for gold in known:
        for name, accepted in _policies(grader, gold, sql, said).items():
            passed[name] |= accepted
        shared = mean([partial(on.result, said[i]) for i, on in enumerate(gold.on) if on.result.rows or gold.empty])
        if shared.soft_f1 > best.soft_f1:
            best, nearest = shared, gold
    helped = repair(grader, nearest, sql) if nearest and not passed["relaxed"] else ""
    return {"policies": passed, "partial": {k: round(v, 4) for k, v in dataclasses.asdict(best).items()}, "repair": helped}


def _policies(grader: Grader, golds: Golds, sql: str, said: dict[int, Result]) -> dict[str, bool]:
    passed: dict[str, bool] = {
        str(name): not golds.unstable and match(golds, sql, grader.ask, columns, grader.dialect).outcome == "same"
        for name, columns in POLICIES.items()
    }
    everywhere = list(enumerate(golds.on))
    passed |= {name: all(policy(gold, said[i]) for i, gold in everywhere) for name, policy in COMPATIBLE.items()}
    texts = [without_distinct(text) for text in (golds.sql, sql)]
    passed["spider_without_distinct"] = passed["spider"]
    if texts != [golds.sql, sql]:
        changed = [dataclasses.replace(gold, result=grader.ask(i, texts[0])) for i, gold in everywhere]
        passed["spider_without_distinct"] = all(
            gold.result.ok and spider(gold, grader.ask(i, texts[1])) for i, gold in enumerate(changed)
        )
    return passed


def repair(grader: Grader, golds: Golds, sql: str) -> str:
    """The one clause of the gold that makes the prediction right, smallest first; '' when no single one does.

    Each edit is run and compared, so what is named did help on these databases.
    """
    if golds.broken or golds.unstable or golds.empty:
        return ""
    for edit in edits(golds.sql, sql, grader.dialect)[:MOST_EDITS]:
        if match(golds, edit.sql, grader.ask, grader.columns, grader.dialect).outcome == "same":
            return edit.clause
    return ""

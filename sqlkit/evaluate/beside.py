"""What is told beside a verdict, when it is asked for: other policies, partial credit, the repair that would have helped."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlkit.evaluate.grade import POLICIES, Grader
from sqlkit.evaluate.metrics import r_ves
from sqlkit.evaluate.partial import Partial, mean, partial
from sqlkit.evaluate.policies import COMPATIBLE
from sqlkit.evaluate.policies.spider import spider, without_distinct
from sqlkit.evaluate.reasons import sample
from sqlkit.evaluate.several import Golds, match
from sqlkit.sql.edits import edits
from sqlkit.sql.parse import read_tables

MOST_EDITS = 12
MOST_TABLES, SHOWN = 6, 20  # of a witness


def beside(grader: Grader, golds: Sequence[str], sql: str, dialect: str = "") -> dict[str, Any]:
    """`policies` (name to accepted), `partial` (see Partial) and `repair` (a clause, or ''), all ready for JSON.

    Of several golds the one counts that shares most with the prediction. Golds that are broken are passed over.
    """
    known = [found for gold in golds if not (found := grader.gold(gold, dialect)).broken]
    said = {i: grader.ask(i, sql) for i in range(len(grader.databases))}
    passed = {name: False for name in (*POLICIES, *COMPATIBLE, "spider_without_distinct")}
    best, nearest = Partial(0.0, 0.0, 0.0), known[0] if known else None
    for gold in known:
        for name, accepted in others_say(grader, gold, sql).items():
            passed[name] |= accepted
        shared = mean([partial(on.result, said[i]) for i, on in enumerate(gold.on) if on.result.rows or gold.empty])
        if shared.soft_f1 > best.soft_f1:
            best, nearest = shared, gold
    helped = repair(grader, nearest, sql) if nearest and not passed["relaxed"] else ""
    told = {"policies": passed, "partial": {k: round(v, 4) for k, v in dataclasses.asdict(best).items()}, "repair": helped}
    reward = efficiency(grader, nearest, sql, passed["relaxed"]) if nearest else None
    return told if reward is None else {**told, "r_ves": reward}


def efficiency(grader: Grader, golds: Golds, sql: str, right: bool) -> float | None:
    """R-VES of a prediction by the rows that DuckDB's operators work on; None where the database does not count them."""
    count = getattr(grader.databases[0].database, "cost", None)
    if count is None or len(grader.databases) > 1:
        return None
    if not right:
        return 0.0
    gold, said = count(golds.sql), count(sql)
    return None if gold is None or said is None else r_ves(gold / max(1, said))


def tables(grader: Grader, gold: str, sql: str, name: str) -> dict[str, Any]:
    """The first rows of the tables that a gold and a prediction read, on the database of this name: the witness, to be seen."""
    number = grader.names.index(name)
    found = dict.fromkeys([*read_tables(gold, grader.dialect), *read_tables(sql, grader.dialect)])
    said = {table: grader.ask(number, f'SELECT * FROM "{table}" LIMIT {SHOWN}') for table in list(found)[:MOST_TABLES]}
    return {table: sample(result, SHOWN) for table, result in said.items() if result.ok}


def others_say(grader: Grader, golds: Golds, sql: str) -> dict[str, bool]:
    """Whether each policy, ours and other evaluators', accepts a prediction on all databases."""
    said = {i: grader.ask(i, sql) for i in range(len(grader.databases))}
    passed: dict[str, bool] = {
        str(name): not golds.unstable and match(golds, sql, grader.ask, columns, grader.dialect).outcome == "same"
        for name, columns in POLICIES.items()
    }
    everywhere = [(i, gold) for i, gold in enumerate(golds.on) if not gold.broken]
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

"""The verdict on a prediction: never a bare boolean, always with what was seen.

equivalent   the prediction returns what the gold fixes; or it refuses what the schema cannot answer
different    it returns something else, refuses what can be answered, or answers what cannot
error        it has no SQL, or its SQL fails: parse, bind, runtime, time, memory, size, crash
unsafe       it is not one read-only statement; decided before anything runs
gold_broken  the gold fails or returns nothing: told, never counted
undecidable  the gold is not deterministic, or the results are too large to tell
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlkit.errors import InputError
from sqlkit.evaluate.compare import Comparison, compare
from sqlkit.evaluate.gold import Gold, Runs, ask_gold
from sqlkit.evaluate.reasons import Why, error_kind, explain, sample, sample_rows
from sqlkit.records import Example, Grade, Prediction, Result, Verdict
from sqlkit.sql.parse import SqlglotError, transpile
from sqlkit.sql.probe import orders_rows
from sqlkit.sql.skeleton import difficulty

Progress = Callable[[int, int], object]


class Grader:
    """Grades against one database; golds and predictions seen before are not run again."""

    def __init__(self, sandbox: Runs, dialect: str = "duckdb") -> None:
        self.sandbox, self.dialect = sandbox, dialect
        self._golds: dict[tuple[str, str], Gold] = {}
        self._levels: dict[tuple[str, str], str] = {}
        self._seen: dict[tuple[str | None, str, str | None], tuple[Verdict, Why, dict[str, Any]]] = {}

    def gold(self, example: Example) -> Gold:
        """The example's gold, run once. Raises ValueError for an unanswerable example."""
        if example.sql is None:
            raise ValueError(f"{example.id} has no gold")
        key = (example.sql, example.dialect)
        if key not in self._golds:
            self._golds[key] = self._ask(*key)
        return self._golds[key]

    def _level(self, example: Example) -> str:
        if example.sql is None:
            return ""
        key = (example.sql, example.dialect)
        if key not in self._levels:
            self._levels[key] = difficulty(*key)
        return self._levels[key]

    def _ask(self, sql: str, dialect: str) -> Gold:
        if dialect and dialect != self.dialect:
            try:
                sql = transpile(sql, dialect, self.dialect)
            except ValueError as error:
                raise InputError(f"unknown SQL dialect {dialect!r}") from error
            except SqlglotError as error:
                message = str(error).splitlines()[0]
                return Gold(sql, Result(error=f"parse: {message}"), broken=f"the gold is not {dialect}: {message}")
        return ask_gold(sql, self.sandbox)

    def grade(self, example: Example, prediction: Prediction) -> Grade:
        """The verdict on one prediction. Raises InputError when it belongs to another example."""
        if prediction.example_id != example.id:
            raise InputError(f"prediction {prediction.example_id} was given for example {example.id}")
        key = (example.sql, example.dialect, prediction.sql)
        if key not in self._seen:
            self._seen[key] = self._judge(example, prediction.sql)
        verdict, why, details = self._seen[key]
        return Grade(
            example_id=example.id,
            verdict=verdict,
            reason=why.text,
            correct=verdict == "equivalent",
            refused=prediction.sql is None,
            answerable=example.sql is not None,
            difficulty=example.difficulty or self._level(example),
            details={**details, "kind": why.kind},
        )

    def _judge(self, example: Example, sql: str | None) -> tuple[Verdict, Why, dict[str, Any]]:
        if example.sql is None:
            return self._judge_unanswerable(sql)
        gold = self.gold(example)
        details: dict[str, Any] = {"gold_sql": gold.sql, "gold": sample(gold.result)}
        said = self._run(sql)
        if said is not None:
            details |= {"predicted": sample(said), "runs": said.ok, "seconds": said.seconds}
        if said is not None and said.error.startswith("unsafe"):
            return "unsafe", Why("unsafe", said.error), details
        if gold.broken:
            return "gold_broken", Why("gold broken", gold.broken), details
        if said is None:
            return "different", Why("refused", "refused a question that can be answered"), details
        if not said.ok:
            return "error", Why(error_kind(said.error), said.error), details
        if gold.unstable:
            return "undecidable", Why("gold unstable", gold.unstable), details
        return self._compare(gold, sql or "", said, details)

    def _judge_unanswerable(self, sql: str | None) -> tuple[Verdict, Why, dict[str, Any]]:
        if sql is None:
            return "equivalent", Why("", "refused, as it should"), {}
        said = self._run(sql)
        assert said is not None
        details: dict[str, Any] = {"predicted": sample(said), "runs": said.ok, "seconds": said.seconds}
        if said.error.startswith("unsafe"):
            return "unsafe", Why("unsafe", said.error), details
        if not said.ok:
            return "error", Why(error_kind(said.error), said.error), details
        return "different", Why("not refused", "answered a question that the schema cannot answer"), details

    def _run(self, sql: str | None) -> Result | None:
        """What the database says to a prediction; None for a refusal."""
        if sql is None:
            return None
        return self.sandbox.run(sql) if sql.strip() else Result(error="parse: no SQL in the answer")

    def _compare(
        self, gold: Gold, sql: str, said: Result, details: dict[str, Any]
    ) -> tuple[Verdict, Why, dict[str, Any]]:
        widths = len(gold.result.columns), len(said.columns)
        cut = {gold.result.truncated, said.truncated}
        if widths[0] == widths[1] and cut == {True}:
            return "undecidable", Why("too large", f"both return more than {len(said.rows):,} rows"), details
        found = Comparison("count") if widths[0] == widths[1] and True in cut else compare(gold.groups, said.rows, *widths)
        details["missing"], details["extra"] = sample_rows(found.missing), sample_rows(found.extra)
        details["columns"] = list(found.columns)
        if found.equal and gold.ordered and len(gold.groups) > 1 and not orders_rows(sql):
            found = Comparison("order", found.columns)  # the right order, but by chance: nothing in the query fixes it
        if found.equal:
            return "equivalent", Why("", "the same result"), details
        if found.outcome == "gave up" or (not gold.whole and found.outcome == "values"):
            return "undecidable", Why("too large", "the results are too large or too alike to tell"), details
        return "different", explain(gold, sql, said, found), details


def grade(example: Example, prediction: Prediction, sandbox: Runs) -> Grade:
    """The verdict on one prediction."""
    return Grader(sandbox).grade(example, prediction)


def grade_all(
    examples: Sequence[Example],
    predictions: Sequence[Prediction],
    sandbox: Runs | Grader,
    progress: Progress | None = None,
) -> list[Grade]:
    """The verdicts on all predictions, in the order of the examples. Several arms share a Grader, which keeps golds.

    Raises InputError when an example has no prediction or a prediction no example.
    """
    told = {prediction.example_id: prediction for prediction in predictions}
    unknown = told.keys() - {example.id for example in examples}
    if unknown:
        raise InputError(f"predictions for unknown questions: {', '.join(sorted(unknown)[:5])}")
    grader = sandbox if isinstance(sandbox, Grader) else Grader(sandbox)
    grades = []
    for number, example in enumerate(examples, 1):
        if example.id not in told:
            raise InputError(f"no prediction for question {example.id}")
        grades.append(grader.grade(example, told[example.id]))
        if progress is not None:
            progress(number, len(examples))
    return grades

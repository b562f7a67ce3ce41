"""The verdict on a prediction: never a bare boolean, always with what was seen.

equivalent   the prediction returns what the gold fixes, on every database; or it refuses what the schema cannot answer
different    it returns something else, refuses what can be answered, or answers what cannot; with a witness
error        it has no SQL, or its SQL fails: parse, bind, runtime, time, memory, size, crash
unsafe       it is not one read-only statement; decided before anything runs
gold_broken  the gold fails: told, never counted
undecidable  the gold is not deterministic, nothing but empty results, databases too weak or results too large to tell
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal

from sqlkit.errors import InputError
from sqlkit.evaluate.compare import Columns
from sqlkit.evaluate.gold import ask_gold, gold_texts
from sqlkit.evaluate.reasons import Why, error_kind, explain, sample, sample_rows
from sqlkit.evaluate.runs import Remembered, Runs
from sqlkit.evaluate.several import Found, Golds, gather, match
from sqlkit.records import Example, Grade, Prediction, Result, Verdict
from sqlkit.sql.equivalent import proven_equal
from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.probe import probe, same_query
from sqlkit.sql.skeleton import difficulty
from sqlkit.sql.tables import Tables
from sqlkit.sql.text import transpile

Progress = Callable[[int, int], object]
Policy = Literal["relaxed", "strict", "subset"]
POLICIES: dict[Policy, Columns] = {"relaxed": "free", "strict": "fixed", "subset": "wider"}
EMPTY = "the gold returns no rows on any database, so rows cannot tell"
_BEST: tuple[Verdict, ...] = ("equivalent", "undecidable", "different", "error", "gold_broken")
_Judged = tuple[Verdict, Why, dict[str, Any]]


class Grader:
    """Grades against one database or several; golds and predictions seen before are not run again.

    databases: whatever has `run(sql) -> Result`, and a `name` to show where there are several. dialect: of the SQL that
    they take. policy: "relaxed", or "strict" (columns in the gold's order), or "subset" (further columns allowed). weak:
    why these databases cannot tell queries apart, if that is known; then only the same query is equivalent, or one that is
    proven so. untyped: no column has a type, so '1' is 1. schema: reads the schema that proofs go by, when one is wanted.
    prove: whether equivalence is to be proven even where these databases show it. made: the databases were made up for the golds.
    """

    def __init__(
        self,
        databases: Runs | Sequence[Runs],
        dialect: str = "duckdb",
        *,
        policy: Policy = "relaxed",
        weak: str = "",
        untyped: bool = False,
        schema: Callable[[], Tables | None] | None = None,
        prove: bool = False,
        made: bool = False,
    ) -> None:
        if policy not in POLICIES:
            raise InputError(f"unknown policy {policy!r}: one of {', '.join(POLICIES)}")
        given = list(databases) if isinstance(databases, Sequence) else [databases]
        if not given:
            raise InputError("no database to grade on")
        self.names = [str(getattr(d, "name", "") or f"database {i}") for i, d in enumerate(given, 1)]
        self.databases = [Remembered(database, name, untyped) for database, name in zip(given, self.names, strict=True)]
        self.prove, self.made = prove, made
        self.schema = functools.cache(schema or (lambda: None))
        self.dialect, self.weak, self.columns = dialect, weak, POLICIES[policy]
        self._golds: dict[tuple[str, str], Golds] = {}
        self._levels: dict[tuple[str, str], str] = {}
        self._seen: dict[tuple[tuple[str, ...], str, str | None], _Judged] = {}

    def gold(self, sql: str, dialect: str = "") -> Golds:
        """What a gold query fixes on each database; run once."""
        key = (sql, dialect)
        if key not in self._golds:
            self._golds[key] = self._ask_gold(*key)
        return self._golds[key]

    def _ask_gold(self, sql: str, dialect: str) -> Golds:
        if dialect and dialect != self.dialect:
            try:
                sql = transpile(sql, dialect, self.dialect)
            except SqlglotError as error:
                message = str(error).splitlines()[0]
                return Golds(sql, (), tuple(self.names), broken=f"the gold is not {dialect}: {message}")
            except ValueError as error:
                raise InputError(f"unknown SQL dialect {dialect!r}") from error
        seen = probe(sql, self.dialect)
        return gather(sql, [ask_gold(sql, database, self.dialect, seen) for database in self.databases], self.names, self.made)

    def ask(self, i: int, sql: str) -> Result:
        """What database number `i` says."""
        return self.databases[i].run(sql)

    def prefetch(self, golds: Sequence[str], predictions: Sequence[str] = ()) -> None:
        """Ask for what will soon be asked, at once where a database can: golds, with what `ask_gold` asks about them, and
        predictions. Of several databases the first mostly tells a wrong prediction apart, so all are asked for golds alone."""
        asked = [text for sql in golds for text in gold_texts(sql, self.dialect)]
        if len(self.databases) == 1:
            asked += predictions
        for database in self.databases:
            database.prefetch(asked)

    def grade(self, example: Example, prediction: Prediction) -> Grade:
        """The verdict on one prediction. Raises InputError when it belongs to another example."""
        if prediction.example_id != example.id:
            raise InputError(f"prediction {prediction.example_id} was given for example {example.id}")
        golds = () if example.sql is None else (example.sql, *example.alternatives)
        key = (golds, example.dialect, prediction.sql)
        if key not in self._seen:
            self._seen[key] = self._judge(golds, example.dialect, prediction.sql)
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

    def _level(self, example: Example) -> str:
        if example.sql is None:
            return ""
        key = (example.sql, example.dialect)
        if key not in self._levels:
            self._levels[key] = difficulty(*key)
        return self._levels[key]

    def _judge(self, golds: Sequence[str], dialect: str, sql: str | None) -> _Judged:
        """The best verdict that one of the golds gives."""
        if not golds:
            return self._judge_unanswerable(sql)
        best: _Judged | None = None
        for gold in golds:
            found = self._judge_against(self.gold(gold, dialect), sql)
            if found[0] in ("equivalent", "unsafe"):
                return found
            if best is None or _BEST.index(found[0]) < _BEST.index(best[0]):
                best = found
        assert best is not None
        return best

    def _judge_against(self, golds: Golds, sql: str | None) -> _Judged:
        details: dict[str, Any] = {"gold_sql": golds.sql, "databases": len(self.databases)}
        if golds.on:
            details["gold"] = sample(golds.on[golds.shown].result)
        said = self._first(golds, sql)
        if said is not None:
            details |= {"predicted": sample(said), "runs": said.ok, "seconds": said.seconds}
        if said is not None and said.error.startswith("unsafe"):
            return "unsafe", Why("unsafe", said.error), details
        if golds.broken:
            return "gold_broken", Why("gold broken", golds.broken), details
        if golds.unstable or golds.empty:
            details["gold_fault"] = golds.unstable or EMPTY
        if said is None:
            return "different", Why("refused", "refused a question that can be answered"), details
        if not said.ok:
            return "error", Why(error_kind(said.error), said.error), details
        if golds.unstable:
            return "undecidable", Why("gold unstable", golds.unstable), details
        return self._told(golds, sql or "", match(golds, sql or "", self.ask, self.columns, self.dialect), details)

    def _judge_unanswerable(self, sql: str | None) -> _Judged:
        if sql is None:
            return "equivalent", Why("", "refused, as it should"), {}
        said = self._first(None, sql)
        assert said is not None
        details: dict[str, Any] = {"predicted": sample(said), "runs": said.ok, "seconds": said.seconds}
        if said.error.startswith("unsafe"):
            return "unsafe", Why("unsafe", said.error), details
        if not said.ok:
            return "error", Why(error_kind(said.error), said.error), details
        return "different", Why("not refused", "answered a question that the schema cannot answer"), details

    def _first(self, golds: Golds | None, sql: str | None) -> Result | None:
        """What the database that is shown says to a prediction; None for a refusal."""
        if sql is None:
            return None
        if not sql.strip():
            return Result(error="parse: no SQL in the answer")
        return self.ask(golds.shown if golds else 0, sql)

    def _told(self, golds: Golds, sql: str, found: Found, details: dict[str, Any]) -> _Judged:
        """The verdict and its words for what `match` found."""
        gold, comparison, where = golds.on[found.at], found.comparison, golds.where(found.at)
        details |= {"gold": sample(gold.result), "predicted": sample(found.said), "columns": list(comparison.columns)}
        details |= {"missing": sample_rows(comparison.missing), "extra": sample_rows(comparison.extra)}
        if found.outcome in ("same", "empty"):
            return self._told_same(golds, sql, found.outcome == "empty", details)
        if found.outcome == "too large":
            if same_query(golds.sql, sql, self.dialect):
                return "equivalent", Why("", "the same query; its results are too large to compare"), details
            return "undecidable", Why("too large", "the results are too large or too alike to tell"), details
        details["witness"] = self.names[found.at]
        if found.outcome == "error":
            details["runs"] = False
            return "error", Why(error_kind(found.said.error), found.said.error + where), details
        if found.outcome == "split":
            return "different", Why("wrong columns", f"no one order of columns fits all databases{where}"), details
        if found.outcome == "chance":
            return "different", Why("by chance", f"right only in the order in which rows happen to be stored, or by the choice of a tie{where}"), details
        why = explain(gold, sql, found.said, comparison, self.dialect)
        return "different", Why(why.kind, why.text + where), details

    def _told_same(self, golds: Golds, sql: str, empty: bool, details: dict[str, Any]) -> _Judged:
        """The verdict where no database tells the two apart."""
        if empty or self.prove or self.weak:
            details["proven"] = self._proven(golds.sql, sql)
            if details["proven"]:
                return "equivalent", Why("", "the same result on every database, proven"), details
        if empty:
            return "undecidable", Why("gold empty", EMPTY), details
        if self.weak and not same_query(golds.sql, sql, self.dialect):
            return "undecidable", Why("weak databases", self.weak), details
        said = "the same result" + (f" on {len(golds.on)} databases" if len(golds.on) > 1 else "")
        if _reads(golds.sql) and not _reads(sql):
            said += ", of a prediction that reads no table: right for these rows and perhaps no others"
        return "equivalent", Why("", said), details

    def _proven(self, gold: str, sql: str) -> bool:
        """Whether both queries come down to one text under the schema, where it is known."""
        schema = self.schema()
        return schema is not None and proven_equal(gold, sql, schema, self.dialect, in_place=self.columns == "fixed")


def _reads(sql: str) -> bool:
    """Whether a query may read a table: without the word it cannot."""
    return "from" in sql.lower()


def grade(example: Example, prediction: Prediction, databases: Runs | Sequence[Runs]) -> Grade:
    """The verdict on one prediction."""
    return Grader(databases).grade(example, prediction)


def grade_all(
    examples: Sequence[Example],
    predictions: Sequence[Prediction],
    sandbox: Runs | Sequence[Runs] | Grader,
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

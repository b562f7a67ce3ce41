"""A gold and a prediction on several databases: one fixed permutation of columns must fit all of them.

The databases are asked in order of how few rows the gold returns there, and the first that tells the two apart is the
witness: the smallest one. What fits each database alone is then compared on all of them at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from sqlkit.evaluate.compare import Columns, Comparison, compare
from sqlkit.evaluate.gold import Gold
from sqlkit.records import Result
from sqlkit.sql.probe import orders_rows, other_orders, probe, same_query

CHANCES = 2  # databases on which a right answer is asked again over rows in other orders

SAME = Comparison("same")
Ask = Callable[[int, str], Result]  # number of a database, SQL -> its answer


@dataclasses.dataclass(frozen=True, slots=True)
class Golds:
    """One gold query on every database. `names` are the databases'; `broken` and `unstable` as in Gold."""

    sql: str
    on: tuple[Gold, ...]
    names: tuple[str, ...]
    broken: str = ""
    unstable: str = ""

    @property
    def empty(self) -> bool:
        """No rows anywhere: an answer without rows proves nothing."""
        return not any(gold.result.rows for gold in self.on)

    @property
    def order(self) -> list[int]:
        """The databases that can judge, those where the gold returns fewest rows first, empty ones last."""
        stable = [i for i, gold in enumerate(self.on) if not gold.unstable]
        return sorted(stable, key=lambda i: (not self.on[i].result.rows, len(self.on[i].result.rows), i))

    @property
    def shown(self) -> int:
        """The database whose result is shown when none is a witness."""
        return next(iter(self.order), 0)

    def where(self, i: int) -> str:
        """` on database x`, or nothing where there is only one."""
        return f" on database {self.names[i]}" if len(self.names) > 1 else ""


def gather(sql: str, on: Sequence[Gold], names: Sequence[str]) -> Golds:
    """The gold's answers as one: broken where it fails anywhere, unstable where it is so on more than half."""
    golds = Golds(sql, tuple(on), tuple(names))
    failing = next((i for i, gold in enumerate(on) if gold.broken), None)
    if failing is not None:
        return dataclasses.replace(golds, broken=on[failing].broken + golds.where(failing))
    loose = [gold.unstable for gold in on if gold.unstable]
    return dataclasses.replace(golds, unstable=loose[0]) if 2 * len(loose) > len(on) else golds


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """How a prediction compares. `at` is the database that is shown: the witness where the two differ.

    outcome: as in Comparison, or "error" (see `said`), "too large", "empty" (nothing but empty results, of other
    queries), "split" (each database fits, but under other columns), "chance" (right only in this order of rows).
    """

    outcome: str
    at: int
    said: Result
    comparison: Comparison = SAME


def match(golds: Golds, sql: str, ask: Ask, columns: Columns = "free", dialect: str = "duckdb") -> Found:
    """Compare a prediction with a gold that is neither broken nor unstable."""
    fits: dict[int, tuple[Result, Comparison]] = {}
    for i in golds.order:
        gold, said = golds.on[i], ask(i, sql)
        if not said.ok:
            return Found("error", i, said)
        found = _one(gold, said, columns)
        if not found.equal:
            return Found("too large" if found.outcome == "gave up" else found.outcome, i, said, found)
        fits[i] = said, found
    at = golds.shown
    said, found = fits[at]
    if len({found.columns for i, (_, found) in fits.items() if golds.on[i].result.rows}) > 1:
        found, apart = _together(golds, fits, columns)
        if apart is not None:
            return Found("split", apart, fits[apart][0], found)
    if golds.empty and not same_query(golds.sql, sql, dialect):
        return Found("empty", at, said, found)
    same = sql.strip() == golds.sql.strip()
    if not same and any(gold.ordered and len(gold.groups) > 1 for gold in golds.on) and not orders_rows(sql, dialect):
        return Found("order", at, said, Comparison("order", found.columns))  # right by chance: nothing in the query fixes it
    lucky = None if same else _chance(golds, sql, ask, columns, dialect)
    return lucky or Found("same", at, said, found)


def _one(gold: Gold, said: Result, columns: Columns) -> Comparison:
    """The comparison on one database."""
    wanted = gold.result
    if _identical(wanted, said):
        return Comparison("same", tuple(range(len(wanted.columns))))
    widths = len(wanted.columns), len(said.columns)
    fitting = widths[0] == widths[1] or (columns == "wider" and widths[0] < widths[1])
    if fitting and wanted.truncated and said.truncated:
        return Comparison("gave up")
    if fitting and (wanted.truncated or said.truncated):
        return Comparison("count")
    found = compare(gold.groups, said.rows, *widths, columns)
    return Comparison("gave up") if found.outcome == "values" and not gold.whole else found


def _identical(wanted: Result, said: Result) -> bool:
    """The same types and the same rows in the same order: nothing to match. A union of types holds what equality confuses."""
    return (
        bool(wanted.types)
        and wanted.types == said.types
        and not (wanted.truncated or said.truncated)
        and wanted.rows == said.rows
        and not any(word in kind for kind in wanted.types for word in ("UNION", "VARIANT", "JSON"))
    )


def _together(
    golds: Golds, fits: dict[int, tuple[Result, Comparison]], columns: Columns
) -> tuple[Comparison, int | None]:
    """The columns that fit all databases at once, or the database with which they stop to fit."""
    held: list[int] = []
    found = Comparison("same")
    for i in (i for i in fits if golds.on[i].result.rows):
        held.append(i)
        groups = [group for k in held for group in golds.on[k].groups]
        rows = [row for k in held for row in fits[k][0].rows]
        widths = len(golds.on[i].result.columns), len(fits[i][0].columns)
        found = compare(groups, rows, *widths, columns)
        if not found.equal:
            return found, i
    return found, None


def _chance(golds: Golds, sql: str, ask: Ask, columns: Columns, dialect: str) -> Found | None:
    """A right answer that other orders of the stored rows make wrong: a LIMIT, a choice among ties, a random function."""
    seen = probe(sql, dialect)
    if not (seen.ordered or seen.limited or seen.fragile or seen.volatile):
        return None
    texts = other_orders(sql, dialect) + ([sql] if seen.volatile else [])
    filled = [i for i in golds.order if golds.on[i].result.rows and golds.on[i].whole]
    for i in filled[::-1][:CHANCES]:  # where most rows are, chance shows best
        gold = golds.on[i]
        for text in texts:
            said = ask(i, text)
            if said.ok and not said.truncated and not _one(gold, said, columns).equal:
                return Found("chance", i, said, _one(gold, said, columns))
    return None

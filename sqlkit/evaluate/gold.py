"""What a gold query fixes on a database: its rows in tie groups; and whether it can be trusted at all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from sqlkit.evaluate.compare import Group, bag, compare
from sqlkit.evaluate.runs import Runs
from sqlkit.evaluate.values import Row, same
from sqlkit.records import Result
from sqlkit.sql.probe import Probe, other_orders, probe


@dataclasses.dataclass(frozen=True, slots=True)
class Gold:
    """What a gold query fixes on one database.

    `broken` says why the gold is no answer at all, `unstable` why its answer is one of many; else both ''.

    `whole` False: tie groups run past the sandbox's row limit, so a row that is not in them may still be right.
    """

    sql: str
    result: Result
    groups: tuple[Group, ...] = ()
    ordered: bool = False
    broken: str = ""
    unstable: str = ""
    whole: bool = True


def ask_gold(sql: str, sandbox: Runs, dialect: str = "duckdb", seen: Probe | None = None) -> Gold:
    """Run a gold query and find out what about its rows it fixes. seen: its probe, where it is known."""
    result = sandbox.run(sql)
    if not result.ok:
        return Gold(sql, result, broken=f"the gold fails: {result.error}")
    seen = seen or probe(sql, dialect)
    if seen.volatile:
        return Gold(sql, result, unstable=f"the gold is random: {', '.join(seen.volatile)}")
    if seen.clock and sandbox.run(sql + "\n").rows != result.rows:  # another text, so that it is not remembered
        return Gold(sql, result, unstable="the gold is not deterministic: it shows the time at which it runs")
    if result.truncated:
        return Gold(sql, result, tuple(_strict(result, seen)), seen.ordered, whole=False)
    groups, whole = groups_of(result, seen, sandbox.run)
    unstable = _unstable(sql, groups, len(result.columns), sandbox, dialect) if seen.fragile else ""
    return Gold(sql, result, tuple(groups), seen.ordered, unstable=unstable, whole=whole)


def gold_texts(sql: str, dialect: str = "duckdb") -> list[str]:
    """What `ask_gold` is sure to run: the gold, what shows its ties, its tables in other orders."""
    try:
        seen = probe(sql, dialect)
        orders = other_orders(sql, dialect) if seen.fragile and not seen.volatile else []
    except Exception:  # a gold that cannot be looked at is told with its own case
        return [sql]
    return [sql, *([seen.first] if seen.first and not seen.volatile else []), *orders]


def groups_of(result: Result, seen: Probe, run: Callable[[str], Result]) -> tuple[list[Group], bool]:
    """The tie groups of a result, and whether all of their rows are known. run: asks the database that gave it."""
    if seen.plain:
        return bag(result.rows), True
    if not seen.limited and not seen.appended:
        return _grouped(result, seen, result, result.truncated)
    if seen.first:  # the ties at the LIMIT mostly end a few rows past it
        full = run(seen.first)
        groups, whole = _grouped(result, seen, full, full.truncated or len(full.rows) >= seen.reach)
        if whole:
            return groups, True
    full = run(seen.sql)
    return _grouped(result, seen, full, full.truncated)


def _grouped(result: Result, seen: Probe, full: Result, cut: bool) -> tuple[list[Group], bool]:
    """As `groups_of`, from the rows of the probe. cut: there are more than these."""
    width = len(result.columns)
    keys = _positions(seen, full, width)
    if keys is None or seen.offset is None or not full.ok or len(full.columns) != width + seen.appended:
        return _strict(result, seen), True
    end = seen.offset + len(result.rows)
    blocks: list[list[Row]] = []
    for i, row in enumerate(full.rows):
        last = full.rows[i - 1]
        if not i or not all([row[k] == last[k] or same(row[k], last[k]) for k in keys]):
            blocks.append([])
            if i >= end:
                break  # what comes now is past the LIMIT and past its ties
        blocks[-1].append(row[:width] if seen.appended else row)
    groups: list[Group] = []
    start, first = 0, seen.offset
    for block in blocks:
        take = min(start + len(block), end) - max(start, first)
        start += len(block)
        if take > 0:
            groups.append(Group(tuple(block), take))
    known = not cut or end <= start - len(blocks[-1])
    if full is not result and known and not compare(groups, result.rows, width, width).equal:
        return _strict(result, seen), True  # the rewriting did not keep the meaning: take what came literally
    return groups, known


def _strict(result: Result, seen: Probe) -> list[Group]:
    """Rows as they came: each a group of its own where the gold orders them."""
    return [Group((row,), 1) for row in result.rows] if seen.ordered else bag(result.rows)


def _positions(seen: Probe, full: Result, width: int) -> Sequence[int] | None:
    """The sort keys as positions in the rows of `full`; None when one cannot be found there."""
    if not seen.exact:
        return None
    names = [name.lower() for name in full.columns]
    found: list[int] = []
    for key in seen.keys:
        if key == "*":
            found.extend(range(width))
        elif isinstance(key, str):
            if key not in names:
                return None
            found.append(names.index(key))
        elif not -len(names) <= key < len(names):
            return None
        else:
            found.append(key)
    return found


def _unstable(sql: str, groups: Sequence[Group], width: int, sandbox: Runs, dialect: str) -> str:
    """Why the gold is not deterministic, when reading its tables in another order changes what it returns."""
    for text in other_orders(sql, dialect):
        other = sandbox.run(text)
        if other.ok and not other.truncated and not compare(groups, other.rows, width, len(other.columns)).equal:
            return "the gold is not deterministic: its result depends on the order in which rows are stored"
    return ""

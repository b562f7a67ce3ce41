"""Examples and pairs of public and own sources: cleaned, without duplicates, each row accounted for."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlkit.data.batches import Progress, cleaned
from sqlkit.data.duplicates import Seen
from sqlkit.data.sources import Source
from sqlkit.records import Example, Pair, from_dict

SHOWN = 3  # dropped rows that are kept for each reason, to be looked at


@dataclasses.dataclass
class Account:
    """What became of the rows of a source: so many kept as they were and repaired, and for which reasons; `ids` of some dropped."""

    source: str
    location: str
    licence: str
    kept: int = 0
    repaired: int = 0
    repairs: Counter[str] = dataclasses.field(default_factory=Counter)
    dropped: Counter[str] = dataclasses.field(default_factory=Counter)
    ids: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def drop(self, reason: str, id_: str) -> None:
        self.dropped[reason] += 1
        some = self.ids.setdefault(reason, [])
        if len(some) < SHOWN:
            some.append(id_)

    def row(self) -> dict[str, Any]:
        """As JSON; rows = kept + repaired + all that was dropped."""
        rows = self.kept + self.repaired + self.dropped.total()
        counted = {"repairs": dict(self.repairs.most_common()), "dropped": dict(self.dropped.most_common())}
        return {**dataclasses.asdict(self), "rows": rows, **counted}


@dataclasses.dataclass(frozen=True, slots=True)
class Published:
    """An example with the tables and columns that it reads, and its pair."""

    example: Example
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    pair: Pair


def published(
    sources: Sequence[tuple[Source, str]], out: Path, *, seed: int = 0, most: int = 0, jobs: int = 1, progress: Progress | None = None
) -> tuple[list[Published], list[Account]]:
    """All that is kept of (source, location) in their order, and what became of every row. Raises as `cleaned`."""
    seen = Seen()
    made: list[Published] = []
    accounts = []
    for of, location in sources:
        account = Account(of.name, location, of.licence)
        accounts.append(account)
        made += _kept(cleaned(of, location, out, account.dropped, seed=seed, most=most, jobs=jobs, progress=progress), seen, account)
    return made, accounts


def _kept(outcomes: Iterator[dict[str, Any]], seen: Seen, account: Account) -> Iterator[Published]:
    for outcome in outcomes:
        if "pair" not in outcome:
            account.drop(outcome["reasons"][0], outcome["id"])
            continue
        row = outcome["example"]
        reason = seen.again(row["question"], row["sql"], outcome["masked"], tuple(t.lower() for t in row["tables"]))
        if reason:
            account.drop(reason, outcome["id"])
            continue
        account.kept += not outcome["reasons"]
        account.repaired += bool(outcome["reasons"])
        account.repairs.update(outcome["reasons"])
        yield Published(from_dict(Example, {**row, "alternatives": ()}), tuple(row["tables"]), tuple(row["columns"]), from_dict(Pair, outcome["pair"]))

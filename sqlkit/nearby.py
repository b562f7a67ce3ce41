"""What stands beside a model's answers: the queries of like questions, given the question's own values, and what each is worth.

A company's questions repeat one another with other values. So the golds of the nearest verified questions, their conditions made those
of the question (`sqlkit.sql.conditions`), are answers too; they vote with the model's own (`sqlkit.model.vote`), each by how
like its question is and how well it keeps to what was asked (`sqlkit.schema.evidence`). Retrieve and adapt: case-based reasoning
(Das et al. 2021, "Case-based Reasoning for Natural Language Queries over Knowledge Bases"), without its neural reviser.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence

from sqlkit.prompt import Context, Retrieval
from sqlkit.schema.evidence import evidence
from sqlkit.schema.named import named
from sqlkit.sql.conditions import Named, with_conditions
from sqlkit.sql.parse import SqlglotError

LIKENESS = 9.0  # the vote of a question that says the same; it falls with the square of the likeness


@dataclasses.dataclass(frozen=True, slots=True)
class Aid:
    """For one question: what a query is worth (at most 1), a query with the question's conditions, queries with their votes."""

    weigh: Callable[[str], float]
    mend: Callable[[str], str]
    suggested: Sequence[tuple[str, float]] = ()


def aid(question: str, context: Context, shots: Retrieval | None = None, neighbours: int = 0, exclude_id: str = "") -> Aid:
    """Beside the answers to a question: `neighbours` queries of like questions of `shots`, never that with `exclude_id`."""
    weigh = evidence(question, context.linker, context.glossary)
    if not neighbours:
        return Aid(weigh, lambda sql: sql)
    asked, tables = named(question, context.linker, context.glossary), context.tables()
    suggested: dict[str, float] = {}
    for example, likeness in shots.ranked(question, exclude_id) if shots else ():
        if len(suggested) == neighbours:
            break
        if example.sql:
            suggested.setdefault(mended(example.sql, asked, tables), LIKENESS * likeness**2)
    return Aid(weigh, lambda sql: mended(sql, asked, tables), tuple(suggested.items()))


def mended(sql: str, asked: Named, tables: Mapping[str, Sequence[str]]) -> str:
    """The query with the conditions of `asked`; as it came when it cannot be read."""
    with contextlib.suppress(SqlglotError, RecursionError):
        return with_conditions(sql, asked, tables)
    return sql

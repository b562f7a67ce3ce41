"""Which columns stand for the same thing: keys followed to where they end."""

from __future__ import annotations

from sqlkit.schema.types import Schema
from sqlkit.sql.scopes import Join


def roots(schema: Schema) -> dict[tuple[str, str], str]:
    """For each column of a key, as (table, column), the 'table.column' that it stands for in the end.

    A part of a composite key is followed on its own: the order number of a return line is the number of the order.
    """
    points: dict[tuple[str, str], tuple[str, str]] = {}
    keys: set[tuple[str, str]] = set()
    for table in schema.tables:
        keys.update((table.name, c) for c in table.primary_key)
        for key in table.foreign_keys:
            for column, ref in zip(key.columns, key.ref_columns, strict=True):
                keys |= {(table.name, column), (key.ref_table, ref)}
                points.setdefault((table.name, column), (key.ref_table, ref))
    found = {}
    for start in keys:
        here, seen = start, {start}
        while here in points and points[here] not in seen:
            here = points[here]
            seen.add(here)
        found[start] = f"{here[0]}.{here[1]}"
    return found


def joins(schema: Schema) -> list[Join]:
    """The declared keys, and those that follow from them: a column that stands for another table's whole key."""
    declared = [Join(t.name, k.columns, k.ref_table, k.ref_columns) for t, k in schema.joins()]
    pairs = {(j.table, j.ref_table) for j in declared}
    whole = {f"{t.name}.{t.primary_key[0]}": t for t in schema.tables if len(t.primary_key) == 1}
    for (table, column), root in sorted(roots(schema).items()):
        far = whole.get(root)
        if far and far.name != table and (table, far.name) not in pairs:
            declared.append(Join(table, (column,), far.name, far.primary_key))
            pairs.add((table, far.name))
    return declared

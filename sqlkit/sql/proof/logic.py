"""AND, OR, NOT and comparisons, each in one form. Every rewriting holds in three-valued logic, row by row."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from sqlkit.sql.proof.algebra import Term, Unprovable, kind

TRUE, FALSE = ("lit", "bool", "true"), ("lit", "bool", "false")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def junction(head: str, parts: list[Term]) -> Term:
    """AND or OR, flat, without what changes nothing."""
    flat = [inner for part in parts for inner in (part[1:] if part[0] == head else [part])]
    idle, fixed = (TRUE, FALSE) if head == "and" else (FALSE, TRUE)
    if fixed in flat:
        return fixed
    kept = list(dict.fromkeys(part for part in flat if part != idle))
    return (head, *kept) if len(kept) > 1 else kept[0] if kept else idle


def negation(of: Term) -> Term:
    """NOT, moved inward. DuckDB's order is total (NaN is the greatest number), so NOT a < b is a >= b, NULL aside."""
    head = of[0]
    if head == "not":
        return of[1] if kind(of[1]) == "bool" else ("not", of)
    if head in ("and", "or"):
        return junction("or" if head == "and" else "and", [negation(part) for part in of[1:]])
    if head == "cmp":
        _, sign, a, b = of
        return comparison({"=": "<>", "<>": "=", "<": ">=", "<=": ">"}[sign], a, b)
    if of in (TRUE, FALSE):
        return FALSE if of == TRUE else TRUE
    return ("not", of)


def same_family(a: Term, b: Term) -> None:
    """A column of texts compared with another kind is converted row by row, which may fail: not modelled."""
    for text, other in ((a, b), (b, a)):
        if kind(text) == "text" and text[0] != "lit" and kind(other) not in ("text", "null"):
            raise Unprovable("texts compared with something else")


def comparison(sign: str, a: Term, b: Term) -> Term:
    """A comparison with > turned round, literals as the other side's kind, whole numbers with <= only."""
    if sign in (">", ">="):
        return comparison("<" if sign == ">" else "<=", b, a)
    same_family(a, b)
    a, b = _fitted(a, b), _fitted(b, a)
    if sign in ("=", "<>") and {a, b} & {TRUE, FALSE} and kind(a) == kind(b) == "bool":
        value, truth = (b, a) if a in (TRUE, FALSE) else (a, b)
        return value if (truth == TRUE) == (sign == "=") else negation(value)
    if sign == "<" and kind(a) == kind(b) == "int":
        if a[0] == "lit":
            return ("cmp", "<=", ("lit", "int", str(int(a[2]) + 1)), b)
        if b[0] == "lit":
            return ("cmp", "<=", a, ("lit", "int", str(int(b[2]) - 1)))
    return ("cmp", sign, a, b)


def _fitted(literal: Term, other: Term) -> Term:
    """A literal as DuckDB reads it beside the other side."""
    if literal[0] != "lit" or other[0] == "lit":
        return literal
    if kind(other) == "date" and literal[1] == "text" and is_day(literal[2]):
        return ("lit", "date", literal[2])
    if literal[1] == "decimal" and kind(other) in ("int", "decimal"):
        value = Decimal(literal[2])
        narrow = other[0] == "col" and other[1].columns[other[2]][0].upper() in ("INTEGER", "SMALLINT", "TINYINT")
        if value == value.to_integral_value() and narrow:
            return ("lit", "int", str(int(value)))
    return literal


def is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text) and dt.date.fromisoformat(text))
    except ValueError:
        return False

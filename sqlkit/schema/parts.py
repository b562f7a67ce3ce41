"""One table while a script is read: its columns and keys, from the parse tree or, where that fails, element by element."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlglot import exp

from sqlkit.schema.kinds import type_of
from sqlkit.schema.statements import BACKSLASH
from sqlkit.schema.types import Column
from sqlkit.sql.parse import ParseError, SqlglotError, parse_all
from sqlkit.sql.style import spell
from sqlkit.sql.text import write

Place = tuple[str, str]  # schema, "" for the default one; table
_QUOTED = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|[\w$@#.]+|\s+|."""
_TOKEN = re.compile(_QUOTED, re.S)
_TOKEN_BACKSLASH = re.compile(r"'(?:[^'\\]|\\.|'')*'|" + _QUOTED, re.S)
_KEYWORDS = ("CONSTRAINT", "PRIMARY", "FOREIGN", "UNIQUE", "CHECK", "KEY", "INDEX", "EXCLUDE", "FULLTEXT", "SPATIAL", "LIKE", "PERIOD")


@dataclasses.dataclass
class Reference:
    """A foreign key whose other side is a place in the script; without columns it means that table's primary key."""

    columns: tuple[str, ...]
    place: Place
    ref_columns: tuple[str, ...]


@dataclasses.dataclass
class Parts:
    """A table while its statements are read; keys may come later, in ALTER TABLE, as dumps write them."""

    columns: dict[str, Column] = dataclasses.field(default_factory=dict)
    primary: tuple[str, ...] = ()
    keys: list[Reference] = dataclasses.field(default_factory=list)
    unique: list[tuple[str, ...]] = dataclasses.field(default_factory=list)
    checks: list[str] = dataclasses.field(default_factory=list)
    comment: str = ""
    view: bool = False
    unknown: list[tuple[str, str]] = dataclasses.field(default_factory=list)  # columns and types that nobody knows


def read_part(part: Any, parts: Parts, dialect: str, made: Mapping[str, str], at: Sequence[str] = ()) -> None:
    """Add a column or a constraint to a table. `made`: types that the script makes. `at`: the schema of bare references."""
    if isinstance(part, exp.Constraint):
        for inner in part.expressions:
            read_part(inner, parts, dialect, made, at)
    elif isinstance(part, exp.PrimaryKey):
        parts.primary = _names(part.expressions)
    elif isinstance(part, exp.ForeignKey) and part.args.get("reference") is not None:
        parts.keys.append(_reference(_names(part.expressions), part.args["reference"], at))
    elif isinstance(part, exp.UniqueColumnConstraint):
        named = part.this.expressions if isinstance(part.this, exp.Schema) else []
        parts.unique += [_names(named)] if named else []
    elif isinstance(part, exp.CheckColumnConstraint):
        parts.checks.append(spell(part.this))
    elif isinstance(part, exp.ColumnDef):
        _column(part, parts, dialect, made, at)
    elif isinstance(part, exp.Identifier | exp.Column):  # SQLite's columns without a type
        parts.columns[part.name] = Column(part.name)


def _column(part: exp.ColumnDef, parts: Parts, dialect: str, made: Mapping[str, str], at: Sequence[str]) -> None:
    kinds: dict[type, Any] = {type(c.kind): c.kind for c in part.constraints}
    reference, comment = kinds.get(exp.Reference), kinds.get(exp.CommentColumnConstraint)
    if exp.PrimaryKeyColumnConstraint in kinds:
        parts.primary = (part.name,)
    if exp.UniqueColumnConstraint in kinds:
        parts.unique.append((part.name,))
    if exp.CheckColumnConstraint in kinds:
        parts.checks.append(spell(kinds[exp.CheckColumnConstraint].this))
    if reference is not None:
        parts.keys.append(_reference((part.name,), reference, at))
    fixed = kinds.get(exp.NotNullColumnConstraint)
    nullable = fixed is None or bool(fixed.args.get("allow_null"))
    kind = part.args.get("kind")
    found = type_of(kind, dialect, made)
    if found == "VARCHAR" and isinstance(kind, exp.DataType) and kind.this == exp.DataType.Type.USERDEFINED:
        name = str(kind.args.get("kind") or write(kind, ""))
        if name.rpartition(".")[2].strip('"').lower() not in made:
            parts.unknown.append((part.name, name))
    said = comment.this.name if comment else description(kinds.get(exp.Properties))
    parts.columns[part.name] = Column(part.name, found, nullable, said)


def description(properties: exp.Expression | None) -> str:
    """The comment in a table's properties, or BigQuery's OPTIONS(description = ...) of a table or column."""
    for one in properties.expressions if properties is not None else ():
        if isinstance(one, exp.SchemaCommentProperty):
            return str(one.this.name)
        if isinstance(one, exp.Property) and one.name.lower() == "description" and isinstance(one.args.get("value"), exp.Literal):
            return str(one.args["value"].name)
    return ""


def _names(expressions: Sequence[Any]) -> tuple[str, ...]:
    """Names of columns in a key, whatever order or length stands with them."""
    found = []
    for one in expressions:
        while not one.name and isinstance(one.this, exp.Expression):
            one = one.this
        found.append(str(one.name))
    return tuple(found)


def _reference(columns: tuple[str, ...], reference: exp.Expression, at: Sequence[str]) -> Reference:
    target = reference.this
    named = _names(target.expressions) if isinstance(target, exp.Schema) else ()
    table = target.this if isinstance(target, exp.Schema) else target
    return Reference(columns, (table.args["db"].name if table.args.get("db") else "".join(at), table.name), named)


def told(error: Exception, text: str, line: int) -> str:
    """What a parser says of a statement that starts on `line`: line, column, what was expected, what stands there."""
    first = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    if not first:
        what = "a quote that is opened is closed" if "okeniz" in str(error) else (str(error) or type(error).__name__).splitlines()[0]
        return f"line {line}: expected {what}" if "quote" in what else f"line {line}: {what}"
    said, found = str(first["description"]), " ".join(str(first["highlight"] or "").split())
    if "Expecting )" in said:
        said = "expected , or )"
    elif "Expecting" in said or "Expected" in said:
        said = re.sub(r" but got.*", "", said.replace("Expecting", "expected").replace("Expected", "expected"))
    elif "Required keyword" in said:
        said = f"expected something after {found!r}" if (end := str(first["end_context"] or "").strip()) else "expected a value"
        found = end[:20] if end else found
    else:
        said = "expected a statement" if not first["start_context"].strip() else "expected something else"
    ended = not str(first["end_context"] or "").strip() and text.rstrip().endswith(found)
    place = f"line {line + int(first['line'] or 1) - 1}, column {first['col'] or 1}"
    return f"{place}: {said}, found {'the end of the statement' if ended and '(' in text and not closed(text) else repr(found)}"


def closed(text: str) -> bool:
    bare = [token for token in _TOKEN.findall(text) if token in "()"]
    return bare.count("(") <= bare.count(")")


def by_element(text: str, line: int, dialect: str) -> Iterator[tuple[Any, str]]:
    """(part, "") for each column and key of a CREATE TABLE that does not parse whole; ("or a part", what was passed over).

    A column is kept when its name and type can be read, whatever follows them.
    """
    token = _TOKEN_BACKSLASH if dialect in BACKSLASH else _TOKEN
    for element, at in _elements(text, line, token):
        if not element.strip():
            continue
        tokens = token.findall(element.strip())
        error = ""
        while tokens:
            tried = "".join(tokens).strip()
            try:
                tree: Any = parse_all(f"CREATE TABLE t ({tried}\n)", dialect)[0]
                if not isinstance(tree, exp.Create):
                    raise ParseError("not a table")
                over = element.strip()[len(tried) :].strip()
                for part in tree.this.expressions:
                    if re.search(r"\bNOT\s+NULL\b", over, re.I) and isinstance(part, exp.ColumnDef):
                        part.append("constraints", exp.ColumnConstraint(kind=exp.NotNullColumnConstraint()))
                    yield part, ""
                if over:
                    yield None, f"{error or f'line {at}'}; passed over {' '.join(over.split())[:60]!r}"
                break
            except (SqlglotError, RecursionError, ValueError, AttributeError) as failed:
                error = error or re.sub(r", column \d+", "", told(failed, element, at))
                if tokens[0].upper() in _KEYWORDS:
                    yield None, f"{error}; passed over {' '.join(element.split())[:60]!r}"
                    break
                tokens.pop()
        else:
            yield None, f"{error}; passed over {' '.join(element.split())[:60]!r}"


def _elements(text: str, line: int, tokens: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """What stands between the commas of the outermost parentheses, with its line. Raises nothing; an open end is the end."""
    depth, here, start = 0, "", line
    for found in tokens.finditer(text):
        token = found[0]
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0 and token == ")":
            break
        if (depth == 1 and token in "(,") or depth == 0:
            if depth == 1 and token == ",":
                yield here, start
            here = ""
        else:
            if not here.strip() and token.strip():
                start = line + text.count("\n", 0, found.start())
            here += token if not token.startswith(("--", "/*")) else " "
    yield here, start

"""A script of CREATE statements, read one after the other into the tables they leave behind."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from typing import Any

from sqlglot import exp

from sqlkit.schema.kinds import duckdb_type
from sqlkit.schema.parts import Parts, Place, by_element, closed, description, read_part, told
from sqlkit.schema.statements import Statement, split
from sqlkit.schema.types import Column
from sqlkit.schema.views import view_columns
from sqlkit.sql.parse import SqlglotError, parse_all

DEFAULT = {"", "public", "dbo", "main"}
_QUIET = set("SET SELECT BEGIN COMMIT START PRAGMA LOCK UNLOCK PRINT ANALYZE VACUUM END GO REFRESH RESTRICT UNRESTRICT IF DECLARE USE DROP".split())
_ROWS = {"INSERT", "COPY", "UPDATE", "DELETE", "REPLACE", "MERGE", "TRUNCATE"}
# what says nothing about columns and keys, and keeps sqlglot from reading the rest
_SPARE = {
    "tsql": re.compile(
        r"\b(?:NON)?CLUSTERED\b|\bROWGUIDCOL\b|\bNOT FOR REPLICATION\b|\bSPARSE\b|\b(?:TEXTIMAGE_)?ON\s+\[\w+\]"
        r"|\bWITH\s*\((?:[^()]|\([^()]*\))*\)|\bWITH (?:NO)?CHECK\b", re.I,
    ),
    "postgres": re.compile(r"\bWITH (?:NO )?DATA\s*$", re.I),
}  # fmt: skip
_NAME = r"""((?:"[^"]+"|`[^`]+`|\[[^\]]+\]|[\w$]+)(?:\.(?:"[^"]+"|`[^`]+`|\[[^\]]+\]|[\w$]+))*)"""
_MADE = re.compile(rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:TYPE|DOMAIN)\s+{_NAME}\s+(?:AS\s+|FROM\s+)(.+)", re.I | re.S)
_TYPE_END = re.compile(r"\b(?:CONSTRAINT|CHECK|DEFAULT|NOT|NULL|COLLATE)\b.*", re.I | re.S)
_PARTITION = re.compile(rf"\bATTACH\s+PARTITION\s+{_NAME}", re.I)
_PARTITION_OF = re.compile(r"\bPARTITION\s+OF\b", re.I)
_USE = re.compile(rf"(?:USE(?:\s+SCHEMA)?|SET\s+search_path\s*(?:=|TO))\s*{_NAME}", re.I)
_SILENT = re.compile(r"^ALTER\b.*\b(?:OWNER\s+TO\s+\S+|OWNED\s+BY\s+\S+|(?:EN|DIS)ABLE\s+KEYS|CHECK\s+CONSTRAINT\s+\S+)$", re.I | re.S)
_PROPERTY = re.compile(r"@(\w+)\s*=\s*N?'((?:[^']|'')*)'")  # SQL Server's sp_addextendedproperty


@dataclasses.dataclass
class Script:
    """What is known after the statements read so far; `broken` and `notes` are lines for the user."""

    dialect: str
    tables: dict[Place, Parts] = dataclasses.field(default_factory=dict)
    made: dict[str, str] = dataclasses.field(default_factory=dict)  # types of the script's own, lower-case name to DuckDB's
    views: list[tuple[Place, Any, int]] = dataclasses.field(default_factory=list)
    current: str = ""
    skipped: Counter[str] = dataclasses.field(default_factory=Counter)
    first: dict[str, int] = dataclasses.field(default_factory=dict)  # of each kind that was skipped
    notes: list[str] = dataclasses.field(default_factory=list)
    broken: list[str] = dataclasses.field(default_factory=list)

    def skip(self, kind: str, line: int) -> None:
        self.skipped[kind] += 1
        self.first.setdefault(kind, line)

    def place(self, table: exp.Expression) -> Place:
        schema = table.args["db"].name if table.args.get("db") else self.current
        return ("" if schema.lower() in DEFAULT else schema, table.name)

    def at(self, table: exp.Expression) -> Place | None:
        """The place of a table that is there, as it was first spelled."""
        place = self.place(table)
        if place in self.tables:
            return place
        return next((p for p in self.tables if (p[0].lower(), p[1].lower()) == (place[0].lower(), place[1].lower())), None)


def read_script(text: str, dialect: str, views: bool) -> Script:
    """What the statements of a text leave behind, with `views` also those; never raises, what is wrong is in `broken`."""
    script = Script(dialect)
    for statement in split(text, dialect):
        _take(statement, script)
    for place, tree, line in script.views if views else ():
        _view(place, tree, line, script)
    return script


def _take(statement: Statement, script: Script) -> None:
    kind, text = statement.kind, statement.text
    if kind in {"CREATE TYPE", "CREATE DOMAIN"} and (found := _MADE.match(text)):
        script.made[_last(found[1])] = duckdb_type(_TYPE_END.sub("", found[2]).strip(), script.dialect)
    elif kind in {"USE", "SET"} and (found := _USE.match(text)):
        use = _last(found[1], fold=False)
        script.current = use if kind == "SET" or re.match(r"USE\s+SCHEMA", text, re.I) else ""
    elif kind in {"EXEC", "EXECUTE"} and "MS_Description" in text:
        _property(dict((k.lower(), v.replace("''", "'")) for k, v in _PROPERTY.findall(text)), script)
    elif kind == "CREATE INDEX" and re.match(r"CREATE\s+UNIQUE", text, re.I):
        _parse(statement, script)
    elif kind == "ALTER TABLE" and (found := _PARTITION.search(text)):
        script.tables = {p: t for p, t in script.tables.items() if p[1].lower() != _last(found[1])}
    elif kind in {"CREATE TABLE", "ALTER TABLE", "CREATE VIEW", "COMMENT ON"} or (kind.startswith("CREATE ") and " TABLE " in text[:60].upper()):
        _parse(statement, script)
    elif kind in _ROWS:
        script.skip("statements with rows", statement.line)
    elif kind.split()[0] in _QUIET or kind in {"CREATE SCHEMA", "CREATE DATABASE"} or _SILENT.search(text):
        return
    elif kind.split()[0] in {"CREATE", "ALTER", "GRANT", "REVOKE", "EXEC", "EXECUTE", "CALL", "COMMENT", "DO", "ATTACH", "INSTALL", "LOAD"}:
        script.skip(kind, statement.line)
    else:
        _parse(statement, script)


def _parse(statement: Statement, script: Script) -> None:
    """A statement that sqlglot must read: a CREATE TABLE that it cannot read whole is read element by element."""
    spare = _SPARE.get(script.dialect)
    text = spare.sub(lambda m: re.sub(r"\S", " ", m[0]), statement.text) if spare else statement.text
    try:
        trees = parse_all(text, script.dialect)
    except (SqlglotError, RecursionError, ValueError) as error:
        trees = []
        wrong = told(error, text, statement.line)
    else:
        wrong = f"line {statement.line}: expected a list of columns"
    for tree in trees:
        if isinstance(tree, exp.Create) and tree.kind == "TABLE" and isinstance(tree.this, exp.Schema):
            if _PARTITION_OF.search(text.partition("(")[0]):
                return
            place = script.place(tree.this.this)
            _add(place, tree.this.expressions, statement.line, script)
            script.tables[place].comment = description(tree.args.get("properties"))
        elif isinstance(tree, exp.Create) and tree.kind in {"TABLE", "VIEW"} and tree.expression is not None:
            script.views.append((script.place(tree.this.this if isinstance(tree.this, exp.Schema) else tree.this), tree, statement.line))
        elif isinstance(tree, exp.Create) and tree.kind == "INDEX" and isinstance(tree.this, exp.Index):
            _index(tree.this, script)
        elif isinstance(tree, exp.Alter):
            _alter(tree, script)
        elif isinstance(tree, exp.Comment):
            _comment(tree, script)
        elif statement.kind == "CREATE TABLE":
            if _PARTITION_OF.search(text.partition("(")[0]):
                return
            trees = []
        else:
            script.skip(statement.kind, statement.line)
    if not trees and statement.kind == "CREATE TABLE":
        _piecewise(statement, text, wrong, script)
    elif not trees and statement.kind in {"ALTER TABLE", "CREATE VIEW", "COMMENT ON"} and not re.search(r"\bADD\b.*\bKEY\b", text, re.I | re.S):
        script.skip(statement.kind, statement.line)
    elif not trees:
        known = statement.kind.split()[0] in {"CREATE", "ALTER", "COMMENT"}
        found = statement.text.split(maxsplit=1)[0][:20]
        script.broken.append(wrong if known else f"line {statement.line}: expected CREATE TABLE or another statement, found {found!r}")


def _piecewise(statement: Statement, text: str, wrong: str, script: Script) -> None:
    """The columns that can be read of a CREATE TABLE that is broken, or says something that sqlglot does not know."""
    named = re.match(rf"CREATE\s+(?:\w+\s+)*?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}\s*\(", text, re.I)
    if named is None:
        script.broken.append(wrong)
        return
    place = script.place(exp.to_table(named[1], dialect=script.dialect))
    found = list(by_element(text, statement.line, script.dialect))
    parts = [part for part, _ in found if part is not None]
    if not any(isinstance(part, exp.ColumnDef) for part in parts):
        script.broken.append(wrong)
        return
    _add(place, parts, statement.line, script)
    script.broken += [said for _, said in found if said] or ([] if closed(text) else [wrong])


def _add(place: Place, elements: list[Any], line: int, script: Script) -> None:
    parts = script.tables.setdefault(place, Parts())
    for part in elements:
        read_part(part, parts, script.dialect, script.made, place[:1])
    script.notes += [f"line {line}: {place[1]}.{column}: type {kind} is not known, read as text" for column, kind in parts.unknown]
    parts.unknown.clear()


def _alter(statement: exp.Alter, script: Script) -> None:
    place = script.at(statement.this)
    for action in statement.args.get("actions") or [] if place else []:
        for part in action.expressions if isinstance(action, exp.AddConstraint) else [action]:
            read_part(part, script.tables[place], script.dialect, script.made, place[:1])  # type: ignore[index]


def _index(index: exp.Index, script: Script) -> None:
    """A unique index over plain columns is as good as a key."""
    parameters, place = index.args.get("params"), script.at(index.args["table"])
    if parameters is None or place is None or parameters.args.get("where") is not None:
        return
    columns = [one.this if isinstance(one, exp.Ordered) else one for one in parameters.args.get("columns") or []]
    if columns and all(isinstance(one, exp.Column) for one in columns):
        script.tables[place].unique.append(tuple(one.name for one in columns))


def _comment(statement: exp.Comment, script: Script) -> None:
    target, text = statement.this, statement.expression
    said = text.name if isinstance(text, exp.Literal) else ""
    if isinstance(target, exp.Table) and (place := script.at(target)):
        script.tables[place].comment = said
    elif isinstance(target, exp.Column) and target.table:
        table = exp.Table(this=target.args["table"], db=target.args.get("db"))
        _say(script.at(table), target.name, said, script)


def _property(said: dict[str, str], script: Script) -> None:
    table = exp.Table(this=exp.to_identifier(said.get("level1name", "")), db=exp.to_identifier(said.get("level0name", "")))
    place = script.at(table)
    if place and "level2name" not in said:
        script.tables[place].comment = said.get("value", "")
    else:
        _say(place, said.get("level2name", ""), said.get("value", ""), script)


def _say(place: Place | None, column: str, said: str, script: Script) -> None:
    columns = script.tables[place].columns if place else {}
    if column in columns:
        columns[column] = dataclasses.replace(columns[column], comment=said)


def _view(place: Place, tree: Any, line: int, script: Script) -> None:
    """A view, or a table made by a query: its columns as far as the tables before it tell them."""
    tables = {p: {c.name: c.type for c in parts.columns.values()} for p, parts in script.tables.items()}
    columns = view_columns(tree, tables, script.dialect)
    if columns:
        script.tables[place] = Parts(columns={name: Column(name, kind) for name, kind in columns}, view=True)
    else:
        script.notes.append(f"line {line}: {place[1]} is left out: its columns cannot be told from the script")


def _last(name: str, fold: bool = True) -> str:
    last = re.split(r"\.(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", name)[-1].strip('"`[]')
    return last.lower() if fold else last

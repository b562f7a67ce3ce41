"""The statements of a script as the databases' own tools write it, each with the line it starts on.

Knows what stands between statements: rows of COPY, DELIMITER, GO, psql's backslash commands, MySQL's /*!40101 ... */, and
bodies of routines, whose semicolons end nothing.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from functools import cache

BACKSLASH = {"mysql", "snowflake", "bigquery", "databricks", "spark", "hive", "clickhouse"}  # where \' is a quote in a string
_OBJECTS = set(
    "TABLE VIEW SEQUENCE INDEX FUNCTION PROCEDURE PROC TRIGGER SCHEMA DATABASE TYPE DOMAIN EXTENSION ROLE USER POLICY RULE SERVER AGGREGATE "
    "OPERATOR CAST COLLATION EVENT STAGE FORMAT TASK STREAM PIPE WAREHOUSE TAG PUBLICATION SUBSCRIPTION STATISTICS LOGIN SYNONYM MACRO".split()
)
_LINES = {"tsql": r"[ \t]*GO[ \t]*\d*[ \t]*;?[ \t]*", "mysql": r"[ \t]*DELIMITER[ \t]+\S+[ \t]*", "postgres": r"\\[A-Za-z!].*", "oracle": "/"}
_ROUTINE = re.compile(r"(?:CREATE|ALTER)\b[^;(]{0,200}?\b(?:TRIGGER|PROCEDURE|PROC|FUNCTION|EVENT|PACKAGE)\b", re.I)
_LEAD = re.compile(r"(?:\s+|--[^\n]*|#[^\n]*|/\*.*?\*/)*", re.S)
_CONDITIONAL = re.compile(r"/\*M?!(\d*)(.*?)\*/", re.S)


@dataclasses.dataclass(frozen=True, slots=True)
class Statement:
    """`line` counts from 1. `kind`: the first word, with what it makes or changes: CREATE TABLE, ALTER TABLE, INSERT, SET."""

    text: str
    line: int
    kind: str


def split(text: str, dialect: str) -> Iterator[Statement]:
    """The statements of a script, in order, without what ends them. Never raises: what is odd is for the parser to tell."""
    if dialect == "mysql":
        text = _CONDITIONAL.sub(_condition, text)
    pattern, other_end = _pattern(dialect, ";"), False
    start = at = 0
    line = 1
    while found := pattern.search(text, at):
        at = found.end()
        if not found["end"] and not found["line"]:
            continue
        body = text[start : found.start()]
        if found["end"] and not other_end and _unfinished(body, dialect):
            continue
        if found["line"] and dialect == "postgres" and not _blank(body):
            continue  # a backslash within a statement
        made = _statement(body, line)
        if made:
            yield made
            if made.kind == "COPY" and re.search(r"\bFROM\s+STDIN\b", made.text, re.I):
                rows = text.find("\n\\.", at)
                at = len(text) if rows < 0 else rows + 3
        if found["line"] and dialect == "mysql":
            end = found[0].split()[-1]
            pattern, other_end = _pattern(dialect, end), end != ";"
        line += text.count("\n", start, at)
        start = at
    if made := _statement(text[start:], line):
        yield made


@cache
def _pattern(dialect: str, end: str) -> re.Pattern[str]:
    """What the scan stops at: `end` and `line` end a statement; strings, quoted names and comments do not."""
    string = r"'(?:[^'\\]|\\.|'')*'" if dialect in BACKSLASH else r"\bE'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'"
    names = r'"(?:[^"]|"")*"|`(?:[^`]|``)*`' + (r"|\[[^\]]*\]" if dialect == "tsql" else "")
    comments = r"--[^\n]*|/\*.*?\*/" + (r"|#[^\n]*" if dialect == "mysql" else "")
    dollars = r"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"
    quoted = f"(?s:{string}|{names}|{comments})" + (f"(?s:{dollars})" if dialect in {"postgres", "snowflake"} else "")
    line = f"(?im:(?P<line>^{_LINES.get(dialect, '(?!)')}$))"
    return re.compile(f"{line}|(?P<end>{re.escape(end)})|{quoted}".replace("(?s:|", "|(?s:"))


def _condition(found: re.Match[str]) -> str:
    """What MySQL runs of a comment that it reads, in the same place; 999999 is a version that nobody has."""
    if found[1] == "999999":
        return " " * 4
    return " " * (found.start(2) - found.start()) + found[2] + "  "


def _unfinished(body: str, dialect: str) -> bool:
    """Whether a semicolon stands inside the body of a routine."""
    head = _LEAD.match(body)
    text = body[head.end() :] if head else body
    if not _ROUTINE.match(text):
        return False
    if dialect == "tsql":
        return True  # only GO ends it
    begun = r"\bBEGIN\s+ATOMIC\b" if dialect in {"postgres", "snowflake", "duckdb"} else r"\bBEGIN\b"  # bodies are strings there
    return re.search(begun, text, re.I) is not None and not re.search(r"\bEND(?:\s+(?!IF|LOOP|CASE|WHILE|REPEAT)\w+)?\s*$", text, re.I)


def _blank(body: str) -> bool:
    lead = _LEAD.match(body)
    return lead is not None and lead.end() == len(body)


def _statement(body: str, line: int) -> Statement | None:
    lead = _LEAD.match(body)
    start = lead.end() if lead else 0
    text = body[start:].rstrip()
    return Statement(text, line + body.count("\n", 0, start), _kind(text)) if text else None


def _kind(text: str) -> str:
    words = [w.upper() for w in re.findall(r"[A-Za-z_]+", text[:200])]
    if not words or words[0] not in {"CREATE", "ALTER", "DROP", "COMMENT"}:
        return words[0] if words else text[:20]
    if words[0] == "COMMENT":
        return "COMMENT ON"
    return f"{words[0]} {next((w for w in words[1:14] if w in _OBJECTS), words[1] if len(words) > 1 else '')}".strip()

"""The only reader of a model's answer: a refusal, a SQL statement, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

REFUSAL = "CANNOT ANSWER"
# words that begin a statement of any kind
STATEMENTS = frozenset(
    """
    SELECT WITH FROM VALUES INSERT UPDATE DELETE DROP CREATE ALTER ATTACH DETACH COPY EXPORT IMPORT PRAGMA SET RESET
    INSTALL LOAD CALL TRUNCATE MERGE VACUUM BEGIN COMMIT ROLLBACK EXECUTE PREPARE EXPLAIN DESCRIBE SHOW SUMMARIZE USE
    CHECKPOINT ANALYZE GRANT REVOKE COMMENT PIVOT UNPIVOT TABLE
    """.split()
)
_CLAUSES = frozenset(
    """
    SELECT WITH FROM WHERE GROUP HAVING ORDER LIMIT OFFSET QUALIFY WINDOW UNION INTERSECT EXCEPT JOIN LEFT RIGHT FULL
    INNER CROSS ON AND OR AS WHEN THEN ELSE END CASE USING
    """.split()
)
_FENCE = re.compile(r"```[ \t]*(?:[A-Za-z]+[ \t]*\n|sql\b|duckdb\b)?(.*?)(?:```|\Z)", re.S | re.I)
_LABEL = re.compile(r"\s*(?:(?:the\s+)?sql\s*query|sql|query|answer)\s*:\s*", re.I)
_NOISE = re.compile(r"<think>.*?(?:</think>|\Z)|<\|[^|<>]{1,40}\|>|</?s>", re.S)
_START = re.compile(r"(?:^|(?<=[\s:(`]))(?:SELECT|WITH|select|with|Select|With)\b|^(?:FROM|VALUES)\b", re.M)
_TRIES = 8


def refusal(reason: str = "") -> str:
    """The text of a refusal."""
    return f"{REFUSAL}: {reason}" if reason else REFUSAL


def extract(text: str) -> str | None:
    """None for a refusal, '' when there is no SQL, else the first statement as written, prose and fences taken off.

    A semicolon and what follows it are taken off when that is prose; further SQL stays, so that the guard sees it and
    refuses. Broken SQL stays broken.
    """
    text = _NOISE.sub("", text)
    if _refuses(text):
        return None
    fences = [found[1] for found in _FENCE.finditer(text)]
    for body in fences:
        body = _unlabelled(body)
        if _refuses(body):
            return None
        if _word(body) in STATEMENTS:
            return _first(body)
    body = _unlabelled(text.replace("```", "\n"))
    if _refuses(body):
        return None
    if _opens(body):
        return _first(_without_prose(body))
    found = next(_in_prose(body), "")
    return None if not found and REFUSAL in text.upper() else found


def _refuses(text: str) -> bool:
    return text.strip(" \n\t`*\"'.").upper().startswith(REFUSAL)


def _unlabelled(text: str) -> str:
    label = _LABEL.match(text)
    return (text[label.end() :] if label else text).strip()


def _word(text: str) -> str:
    found = re.match(r"[\s(]*(?:--[^\n]*\s+|/\*.*?\*/\s*)*([A-Za-z]+)", text, re.S)
    return found[1].upper() if found else ""


def _opens(text: str) -> bool:
    """Whether a text without fences begins with a statement and not with a sentence such as 'With pleasure:'."""
    word = _word(text)
    if word not in STATEMENTS:
        return False
    written = text[text.upper().index(word) :][: len(word)]
    if written == written.title() and word != "SELECT":
        return _parses(_first(_without_prose(text)))
    return True


def _in_prose(text: str) -> Iterator[str]:
    """Statements that stand in prose: those that parse, then the first in capitals, which is meant as SQL."""
    starts = [found.start() for found in _START.finditer(text)][:_TRIES]
    bodies = [_first(_without_prose(text[start:])) for start in starts]
    yield from (body for body in bodies if _parses(body))
    yield from (body for body in bodies if body[:4].isupper())


def _parses(sql: str) -> bool:
    from sqlkit.sql.parse import SqlglotError, parse_one  # late: most answers never come here, and the prompt imports us

    try:
        return len(sql.split()) > 1 and parse_one(sql) is not None
    except (SqlglotError, RecursionError, ValueError):
        return False


def _without_prose(text: str) -> str:
    """The text up to the first line that is a sentence: after an empty line, or one that begins like English."""
    kept: list[str] = []
    gap = False
    for line in text.split("\n"):
        word = re.match(r"[A-Za-z]+", line.strip())
        clause = word is not None and word[0].upper() in _CLAUSES and word[0] != word[0].title()
        before = "\n".join(kept).rstrip()
        open_bracket = before.count("(") > before.count(")") or before.endswith(",")
        sentence = re.match(r"[A-Z][a-z']* [a-z]+", line.strip()) and word and word[0].upper() not in _CLAUSES
        if kept and line.strip() and not open_bracket and not clause and (gap or sentence) and not line.startswith((" ", ")")):
            break
        gap = not line.strip()
        kept.append(line)
    return "\n".join(kept)


def _first(text: str) -> str:
    """The first statement, its semicolon taken off; everything when another statement follows."""
    text = text.strip().strip("`").strip()
    head, semicolon, rest = _split(text)
    return text if semicolon and _word(rest) in STATEMENTS and not _prose(rest) else head.strip()


def _prose(text: str) -> bool:
    """Whether a text that begins with a statement's word is a sentence: 'Show me ...', 'With this ...'."""
    found = re.match(r"\s*([A-Za-z]+)\s", text)
    return bool(found and found[1] == found[1].title())


def _split(sql: str) -> tuple[str, str, str]:
    """Text before, at and after the first semicolon outside quotes and comments."""
    for found in re.finditer(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|;", sql, re.S):
        if found[0] == ";":
            return sql[: found.start()], ";", sql[found.end() :]
    return sql, "", ""

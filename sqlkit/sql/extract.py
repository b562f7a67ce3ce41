"""The only reader of a model's answer: a refusal, a SQL statement, or nothing."""

from __future__ import annotations

import re

REFUSAL = "CANNOT ANSWER"
_FENCE = re.compile(r"```(?:\w+\n|\s*\n)?(.*?)(?:```|\Z)", re.S)
_START = re.compile(r"(?:^|(?<=[\s:(]))(SELECT|WITH|FROM|VALUES)\b", re.I)
_LABEL = re.compile(r"^\s*(?:sql\s*query|sqlquery|sql|query|answer)\s*:\s*", re.I)
_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.S)


def refusal(reason: str = "") -> str:
    """The text of a refusal."""
    return f"{REFUSAL}: {reason}" if reason else REFUSAL


def extract(text: str) -> str | None:
    """None for a refusal, '' when there is no SQL, else the SQL as written, prose and fences taken off.

    Anything after the first statement's semicolon stays off when it is prose; further SQL is kept, so that the guard
    sees and refuses it.
    """
    text = _THINKING.sub("", text).strip()
    if text.strip("`*\"'. \n").upper().startswith(REFUSAL):
        return None
    fenced = _FENCE.search(text)
    body = _LABEL.sub("", fenced[1] if fenced else text).strip()
    if not fenced:
        start = _START.search(body)
        statement = re.match(r"[A-Za-z]+", body)
        if start and (not statement or statement[0].upper() not in STATEMENTS):
            body = body[start.start(1) :]
        elif not start and (not statement or statement[0].upper() not in STATEMENTS):
            return None if REFUSAL in text.upper() else ""
        body = re.split(r"\n\s*\n", body, maxsplit=1)[0]
    head, semicolon, rest = _split(body)
    word = re.match(r"\s*([A-Za-z]+)", rest)
    several = semicolon and word and word[1].upper() in STATEMENTS
    return (body if several else head).strip()


# words that begin a statement of any kind
STATEMENTS = frozenset(
    "SELECT WITH FROM VALUES INSERT UPDATE DELETE DROP CREATE ALTER ATTACH DETACH COPY EXPORT IMPORT PRAGMA SET RESET INSTALL "
    "LOAD CALL TRUNCATE MERGE VACUUM BEGIN COMMIT ROLLBACK EXECUTE PREPARE EXPLAIN DESCRIBE SHOW SUMMARIZE USE CHECKPOINT "
    "ANALYZE GRANT REVOKE COMMENT PIVOT UNPIVOT TABLE".split()
)


def _split(sql: str) -> tuple[str, str, str]:
    """Text before, at and after the first semicolon outside quotes and comments."""
    quote = ""
    i = 0
    while i < len(sql):
        character = sql[i]
        if quote:
            if character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif sql.startswith("--", i):
            end = sql.find("\n", i)
            i = len(sql) if end < 0 else end
        elif character == ";":
            return sql[:i], ";", sql[i + 1 :]
        i += 1
    return sql, "", ""

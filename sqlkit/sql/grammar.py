"""A grammar of read-only SELECT over a live schema, as Lark text for llguidance.

Syntax (https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md). It makes broken SQL and invented tables and
columns impossible; it does not know types, join conditions or meaning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence

FUNCTIONS = (
    "COUNT SUM AVG MIN MAX MEDIAN STDDEV ANY_VALUE FIRST LAST STRING_AGG LIST QUANTILE_CONT ARG_MAX ARG_MIN YEAR MONTH DAY QUARTER "
    "WEEK DAYNAME MONTHNAME DAYOFWEEK ISODOW HOUR DATE_TRUNC DATE_DIFF DATE_PART DATE_ADD STRFTIME LAST_DAY ABS ROUND FLOOR CEIL "
    "LENGTH LOWER UPPER TRIM SUBSTRING REPLACE CONCAT COALESCE NULLIF GREATEST LEAST MOD POWER SQRT LEFT RIGHT CONTAINS "
    "STARTS_WITH SPLIT_PART RANK DENSE_RANK ROW_NUMBER LAG LEAD NTILE PERCENT_RANK CUME_DIST FIRST_VALUE LAST_VALUE"
).split()
# few on purpose: an alias that was never declared is the one name that the grammar cannot rule out
ALIASES = (
    "t1 t2 t3 t4 t5 t6 n m q r cnt total prev"
).split()

# words that DuckDB reads as part of the language where a name stands (duckdb_keywords(), and what sqlglot holds back)
RESERVED = frozenset(
    "all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check collate collation column "
    "columns concurrently constraint create cross current_catalog current_date current_role current_time current_timestamp current_user "
    "default deferrable desc describe distinct do else end except false fetch for foreign freeze from full generated glob grant group having "
    "ilike in initially inner intersect into is isnull join lambda lateral leading left like limit localtime localtimestamp map natural not "
    "notnull null offset on only or order outer overlaps pivot pivot_longer pivot_wider placing positional primary qualify references "
    "returning right select semi session_user show similar some struct summarize symmetric table tablesample then to trailing true try_cast "
    "tuple union unique unpack unpivot user using variadic verbose when where window with".split()
)
_PLAIN = re.compile(r"[_a-zA-Z]\w*")

RULES = r"""
start: refusal | query
refusal: /CANNOT ANSWER(: [a-zA-Z0-9 ,.'()-]{1,60})?/
query: with? body order? limit?
with: "WITH" alias "AS" "(" query ")" ("," alias "AS" "(" query ")")*
body: core (("UNION" "ALL" | "UNION" | "EXCEPT" | "INTERSECT") core)*
core: "SELECT" "DISTINCT"? item ("," item)* from? where? group? having? qualify?
item: "*" | expr ("AS" alias)?
from: "FROM" source (join | "," source)*
source: (table | alias) ("AS"? alias)? | "(" query ")" ("AS"? alias)?
join: ("LEFT" | "INNER" | "FULL" | "RIGHT")? "JOIN" source ("ON" expr | "USING" "(" name ("," name)* ")") | "CROSS" "JOIN" source
where: "WHERE" expr
group: "GROUP" "BY" expr ("," expr)*
having: "HAVING" expr
qualify: "QUALIFY" expr
order: "ORDER" "BY" key ("," key)*
key: expr ("DESC" | "ASC")? ("NULLS" ("FIRST" | "LAST"))?
limit: "LIMIT" INT ("OFFSET" INT)?
expr: conj ("OR" conj)*
conj: neg ("AND" neg)*
neg: "NOT"? test
test: sum (compare | "NOT"? "IN" "(" (query | expr ("," expr)*) ")" | "NOT"? "BETWEEN" sum "AND" sum | "NOT"? ("LIKE" | "ILIKE") sum | "IS" "NOT"? "NULL" | "IS" "NOT"? "DISTINCT" "FROM" sum)? | "EXISTS" "(" query ")"
compare: ("=" | "<>" | "!=" | "<=" | ">=" | "<" | ">") ("ALL" | "ANY")? sum
sum: product (("+" | "-" | "||") product)*
product: atom (("*" | "/" | "//" | "%") atom)*
atom: "-"? value
value: NUMBER | STRING | "NULL" | "TRUE" | "FALSE" | column | call | case | "(" query ")" | "(" expr ")" | cast | ("DATE" | "TIMESTAMP") STRING | "INTERVAL" (STRING | INT) unit? | "INTERVAL" "(" expr ")" unit | extract | "CURRENT_DATE"
extract: "EXTRACT" "(" unit "FROM" expr ")"
cast: "CAST" "(" expr "AS" type ")"
type: /INTEGER|BIGINT|DOUBLE|DATE|TIMESTAMP|VARCHAR|DECIMAL(\(\d+, ?\d+\))?/
unit: /(YEAR|MONTH|DAY|WEEK|QUARTER|HOUR|MINUTE|SECOND)S?/
case: "CASE" expr? ("WHEN" expr "THEN" expr)+ ("ELSE" expr)? "END"
call: FUNCTION "(" ("*" | "DISTINCT"? expr ("," expr)* order?)? ")" filter? over?
filter: "FILTER" "(" "WHERE" expr ")"
over: "OVER" "(" ("PARTITION" "BY" expr ("," expr)*)? order? frame? ")"
frame: "ROWS" "BETWEEN" bound "AND" bound
bound: "UNBOUNDED" ("PRECEDING" | "FOLLOWING") | INT ("PRECEDING" | "FOLLOWING") | "CURRENT" "ROW"
column: name | alias | alias "." name | alias "." alias | QUALIFIED
INT: /\d{1,6}/
NUMBER: /\d{1,12}(\.\d{1,6})?/
%ignore / +/
"""


# texts that queries hold whatever the question: parts of dates, formats, separators, and dates themselves
PARTS = (
    "year quarter month week day hour minute second %Y %m %Y-%m %B %b %A %H"
).split()
ANY_STRING = r"/'([^'\n]|''){0,80}'/"
DATE = r"/'[0-9]{4}(-[0-9]{2}(-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2})?)?)?)?'/"
_NAME = re.compile(r'"(?:[^"]|"")+"|[^\W\d]\w*')


def select_grammar(tables: Mapping[str, Sequence[str]], texts: Collection[str] | None = None) -> str:
    """The grammar for a schema given as table to column names. Names are matched exactly, those of columns quoted where they must be.

    tables: by their names as SQL has them: quoted where they must be, behind their schema where they have one (`Table.sql`).
    texts: the only string literals allowed, beside dates and parts of dates, each also inside % signs; None: any.
    """
    names = sorted({identifier(c) for columns in tables.values() for c in columns})
    qualified = sorted({f"{t}.{identifier(c)}" for t, columns in tables.items() for c in columns})
    taken = {n.lower() for n in names} | {t.lower() for t in tables}
    aliases = [a for a in ALIASES if a not in taken]
    parts = [
        RULES,
        f"table: TABLE\nTABLE: {_any(tables)}",
        f"name: NAME\nNAME: {_any(names)}",
        f"QUALIFIED: {_any(qualified)}",
        f"alias: ALIAS\nALIAS: {_any(aliases)}",
        f"FUNCTION: {_any(FUNCTIONS)}",
        f"STRING: {ANY_STRING if texts is None else _strings(texts)}",
    ]
    return "\n".join(parts) + "\n"


def _strings(texts: Collection[str]) -> str:
    plain = [t.replace("'", "''") for t in dict.fromkeys(texts) if t and "\n" not in t]
    forms = [f"'{t}'" for t in (*PARTS, *plain)] + [f"'%{t}%'" for t in plain] + [f"'{t}%'" for t in plain]
    return f"{DATE} | {_any(dict.fromkeys(forms))}"


def _any(words: object) -> str:
    return " | ".join(json.dumps(str(word)) for word in words)  # type: ignore[attr-defined]


def names_in(sql: str) -> set[str]:
    """Every word of a query outside of its texts, without quotes: the names that it uses, and its keywords."""
    return {n.strip('"').replace('""', '"') for n in _NAME.findall(re.sub(r"'(?:[^']|'')*'", "", sql))}


def identifier(name: str) -> str:
    """A name as SQL wants it, and as `canonical` spells it: in double quotes where it must be."""
    plain = _PLAIN.fullmatch(name) and name.lower() not in RESERVED
    return name if plain else '"' + name.replace('"', '""') + '"'

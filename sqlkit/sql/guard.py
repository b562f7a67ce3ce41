"""The gate before the sandbox: proof on the parse tree that a text is one read-only SELECT over tables.

Not the only wall: the sandbox's own process, its read-only transaction and its settings stand behind it
(https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview).
"""

from __future__ import annotations

import contextlib
import functools
import re

from sqlglot import exp

from sqlkit.sql.extract import STATEMENTS
from sqlkit.sql.parse import SqlglotError, nodes, view_all

LONGEST = 20_000
KEPT = 512

# functions that read files, the environment, settings or other statements, write anything, or only waste time;
# by whole name and by how a name begins, for DuckDB and for the servers that SQLAlchemy reaches
_FUNCTIONS = frozenset(
    """
    query query_table glob getenv getvariable sniff_csv seq_scan index_scan which_secret summary checkpoint
    force_checkpoint from_substrait from_substrait_json get_substrait scan_arrow_ipc repeat_row nextval currval lastval
    setval set_config setseed current_setting current_query version current_version sleep sleep_ms benchmark load_file load_extension
    readfile writefile edit fts3_tokenizer get_lock release_lock lo_import lo_export lo_get lo_put dblink dblink_exec
    random_file shell system_user stats write_log parse_duckdb_log_message in_search_path create_sort_key storage_info
    database_to_xml table_to_xml query_to_xml cursor_to_xml schema_to_xml inet_server_addr inet_server_port
    inet_client_addr inet_client_port user_lock zeroblob randomblob master_pos_wait source_pos_wait truncate_duckdb_logs
    add_parquet_key extractvalue updatexml current_user session_user current_role user_agent platform database schema user
    connection_id get_block_size current_schema current_schemas current_database current_catalog
    """.split()
)
_PREFIXES = (
    "read_", "parquet_", "duckdb_", "pragma_", "sqlite_", "postgres_", "mysql_", "iceberg_", "delta_", "st_read", "load_", "copy_",
    "http", "json_execute", "json_serialize_plan", "arrow_scan", "pandas_scan", "python_", "txid_", "test_", "enable_", "disable_",
    "pg_", "icu_calendar", "dbms_", "utl_", "xp_", "current_transaction", "current_connection",
)  # fmt: skip
_QUERIES = frozenset({"SELECT", "WITH", "FROM", "VALUES"})
_HARMLESS = frozenset({"pg_typeof", "pg_size_pretty"})
_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "explode", "exploding_generate_series", "values", "json_each"})
_NODES = (
    exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.Command, exp.Copy, exp.Attach, exp.Detach,
    exp.Pragma, exp.Set, exp.Use, exp.Transaction, exp.Commit, exp.Rollback, exp.TruncateTable, exp.Describe, exp.Show, exp.Into,
    exp.Lock, exp.Summarize, exp.Kill, exp.Analyze, exp.Cache, exp.LoadData, exp.Export, exp.SessionParameter,
)  # fmt: skip
_SCHEMAS = frozenset({"information_schema", "pg_catalog", "performance_schema", "mysql", "sys", "system", "temp"})
_TABLES = re.compile(
    r"(duckdb|pragma|sqlite)_\w+|pg_(am|attr\w+|auth\w*|class|collation|config|constraint|cursors|database|db_role\w*|depend|"
    r"description|enum|file_settings|group|hba\w*|ident\w*|index(es)?|largeobject\w*|locks|matviews|namespace|prepared\w*|proc|"
    r"publication\w*|replication\w*|roles|rules|sequences?|settings|shadow|shdep\w*|shdesc\w*|stat\w*|subscription\w*|tables|"
    r"tablespace|timezone\w*|trigger|type|user\w*|views)"
)
_RESERVED = frozenset({"show", "summarize", "describe", "desc"})
_FILE = re.compile(
    r"[/\\*?:]|\.(csv|tsv|txt|json|ndjson|jsonl|parquet|arrow|db|duckdb|sqlite|sqlite3|xlsx|gz|zst|sql|py|env|ya?ml|log)$", re.I
)


def check(sql: str, dialect: str = "duckdb") -> str:
    """'' when the text is safe to run, else the reason. A text that cannot be parsed is 'parse: ...'."""
    if not sql.strip():
        return "parse: no SQL"
    if len(sql) > LONGEST:
        return f"longer than {LONGEST} characters"
    return _looked_at(_made.get((sql, dialect), sql), dialect)


_made: dict[tuple[str, str], str] = {}


def made_of(sql: str, text: str, dialect: str = "duckdb") -> str:
    """The text again, which was written from the tree of `sql` with nothing added but where rows start, end and stand: it is as safe
    as that, and need not be read."""
    if len(_made) >= KEPT:
        with contextlib.suppress(KeyError, RuntimeError, StopIteration):  # another thread took it
            del _made[next(iter(_made))]
    _made[text, dialect] = sql
    return text


@functools.lru_cache(KEPT)  # a query is asked of every database
def _looked_at(sql: str, dialect: str) -> str:
    if "\x00" in sql:
        return "a NUL character"
    try:
        statements = view_all(sql, dialect)
        if not statements:
            return "parse: no SQL"
        if len(statements) > 1:
            return f"{len(statements)} statements"
        return _statement(statements[0])
    except RecursionError:
        return "parse: nested too deeply"
    except (SqlglotError, ValueError) as error:
        word = sql.split(None, 1)[0].upper()
        if word in STATEMENTS - _QUERIES:
            return f"not a SELECT but {word}"
        return f"parse: {str(error).splitlines()[0] if str(error) else type(error).__name__}"


def _statement(statement: exp.Expression) -> str:
    if isinstance(statement, exp.Condition | exp.Alias) and not isinstance(statement, exp.Subquery):
        return "parse: not a statement"  # a word or two of prose
    if not isinstance(statement, exp.Select | exp.SetOperation | exp.Subquery | exp.Values):
        return f"not a SELECT but {statement.key.upper()}"
    return next((reason for node in nodes(statement) if _looked_for(type(node)) and (reason := _node(node))), "")  # type: ignore[arg-type]


@functools.cache
def _looked_for(kind: type[exp.Expr]) -> bool:
    """Whether nodes of a class can be what `_node` refuses."""
    return issubclass(kind, (*_NODES, exp.Table, exp.Func, exp.Parameter, exp.Placeholder))


def _node(node: exp.Expr) -> str:
    if isinstance(node, _NODES):
        return f"{node.key.upper()} inside the query"
    if isinstance(node, exp.Table):
        return _table(node)
    if isinstance(node, exp.Func) and not isinstance(node, exp.Query):
        name = _function(node)
        if isinstance(node, exp.ReadCSV | exp.ReadParquet) or (name not in _HARMLESS and _denied(name)):
            return f"function {name} is not allowed"
    if isinstance(node, exp.Parameter | exp.Placeholder):
        return "a parameter in the query"
    return ""


def _denied(name: str) -> bool:
    return name in _FUNCTIONS or name.startswith(_PREFIXES)


def _function(node: exp.Func) -> str:
    return str(node.name if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc) else node.sql_name()).lower()


def _table(node: exp.Table) -> str:
    inner = node.this
    if isinstance(inner, exp.Func):
        name = _function(inner)
        return "" if name in _TABLE_FUNCTIONS else f"table function {name} is not allowed"
    if not isinstance(inner, exp.Identifier) or _FILE.search(node.name):
        return "reads a file"
    if not inner.quoted and node.name.lower() in _RESERVED:  # FROM (SHOW TABLES) looks like a table called show
        return f"{node.name.upper()} inside the query"
    if {node.db.lower(), node.catalog.lower()} & _SCHEMAS or _TABLES.fullmatch(node.name.lower()):
        return f"system table {node.name}"
    return ""

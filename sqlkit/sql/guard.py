"""The gate before the sandbox: proof on the parse tree that a text is one read-only SELECT over tables.

Not the only wall: the sandbox's own process, its read-only transaction and its settings stand behind it
(https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview).
"""

from __future__ import annotations

import re

from sqlglot import exp

from sqlkit.sql.parse import SqlglotError, parse_all

LONGEST = 20_000
# functions that read files, the environment, settings or other statements, or that exist to use up a machine
DENIED = re.compile(
    r"^(read_|parquet_|sniff_csv|glob$|getenv|current_setting|duckdb_|pragma_|query$|query_table$|sqlite_|postgres_|mysql_|"
    r"iceberg_|delta_|st_read|load_|copy_|http|url|which_secret|pg_read|pg_ls|pg_sleep|lo_import|lo_export|dblink|sleep$|benchmark$|"
    r"load_file|json_execute|json_serialize_plan|from_substrait|get_substrait|scan_arrow|arrow_scan|pandas_scan|python_|seq_scan|"
    r"index_scan|checkpoint|force_checkpoint|nextval|currval|setval|set_config|txid_|repeat_row|summary$|test_|write_|enable_|"
    r"disable_|shell|sha_crypt|icu_|xp_|utl_|dbms_|sys_|version$|random_file|read$|pg_|add_parquet_key|create_sort_key$|storage_info)"
)
ALLOWED = frozenset({"read_only"})
BAD_NODES = (
    exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.Command, exp.Copy, exp.Attach, exp.Detach,
    exp.Pragma, exp.Set, exp.Use, exp.Transaction, exp.Commit, exp.Rollback, exp.TruncateTable, exp.Describe, exp.Show, exp.Into,
    exp.Lock, exp.Summarize, exp.Kill, exp.Analyze, exp.Cache, exp.LoadData, exp.Export,
)
SYSTEM = frozenset({"information_schema", "pg_catalog", "duckdb", "sqlite_master", "sqlite_schema", "mysql", "sys", "system", "temp"})


def check(sql: str) -> str:
    """'' when the text is safe to run, else the reason. A text that cannot be parsed is 'parse: ...'."""
    if not sql.strip():
        return "no SQL"
    if len(sql) > LONGEST:
        return f"longer than {LONGEST} characters"
    if "\x00" in sql:
        return "a NUL character"
    try:
        statements = parse_all(sql)
    except (SqlglotError, RecursionError, ValueError) as error:
        return f"parse: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    if len(statements) != 1:
        return f"{len(statements)} statements"
    statement = statements[0]
    if not isinstance(statement, exp.Query) or isinstance(statement, exp.Table):
        return f"not a SELECT but {statement.key.upper()}"
    try:
        return next((reason for node in statement.walk() if (reason := _node(node))), "")
    except RecursionError:
        return "nested too deeply"


def _node(node: exp.Expression) -> str:
    if isinstance(node, BAD_NODES):
        return f"{node.key.upper()} inside the query"
    if isinstance(node, exp.Table):
        return _table(node)
    if isinstance(node, exp.ReadCSV | exp.ReadParquet):
        return "reads a file"
    if isinstance(node, exp.Func):
        name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
        if DENIED.match(name) and name not in ALLOWED:
            return f"function {name} is not allowed"
    if isinstance(node, exp.Parameter | exp.SessionParameter | exp.Placeholder):
        return "a parameter in the query"
    return ""


def _table(node: exp.Table) -> str:
    inner = node.this
    if isinstance(inner, exp.Anonymous | exp.Func):
        name = (inner.name if isinstance(inner, exp.Anonymous) else inner.sql_name()).lower()
        if name in {"unnest", "range", "generate_series", "explode", "values", "exploding_generate_series"}:
            return ""
        return f"table function {name} is not allowed"
    if isinstance(inner, exp.Literal):
        return "reads a file"
    name = node.name
    if re.search(r"[/\\*?:]|\.(csv|tsv|txt|json|ndjson|jsonl|parquet|arrow|db|duckdb|sqlite|xlsx|gz|zst)$", name, re.I):
        return "reads a file"
    if {part.lower() for part in (node.db, node.catalog, name) if part} & SYSTEM or DENIED.match(name.lower()):
        return f"system table {name}"
    return ""

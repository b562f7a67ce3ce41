"""What a query of the kit's dialect answers on other databases: on each the same as on DuckDB, shape by shape."""

from __future__ import annotations

import datetime
import math
import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sqlkit.data.generate import verify
from sqlkit.data.shapes import SHAPES
from sqlkit.data.world import World
from sqlkit.database import Sandbox
from sqlkit.prompt import Context
from sqlkit.records import Result
from sqlkit.schema.ddl import parse_ddl
from sqlkit.sql.servers import for_server

NewDatabase = Callable[[str, str], str]
DDL = """CREATE TABLE region (region_id int PRIMARY KEY, region_name varchar(40) NOT NULL)
--
CREATE TABLE client (client_id int PRIMARY KEY, client_name varchar(40) NOT NULL, tier varchar(10), score decimal(8,2), joined date, region_id int REFERENCES region (region_id))
--
CREATE TABLE sale (sale_id int PRIMARY KEY, title_name varchar(40), client_id int REFERENCES client (client_id), seller_region_id int REFERENCES region (region_id),
 amount decimal(8,2), pieces int, ordered date NOT NULL, sent date, paid_at timestamp NULL, state varchar(10))"""


def rows() -> str:
    start, moment = datetime.date(2021, 1, 1), datetime.datetime(2021, 1, 1, 8, 30)
    regions = [f"({i}, 'Region {chr(65 + i)}')" for i in range(6)]
    clients = [
        f"({i}, 'Client {chr(65 + i % 26)}{i}', '{('gold', 'silver', 'plain')[i % 3]}', {i * 37 % 501}.25, '{start + datetime.timedelta(days=i * 19)}', "
        f"{'NULL' if i % 11 == 0 else i % 5})"
        for i in range(60)
    ]
    sales = [
        f"({i}, 'Sale {i}', {i * 7 % 53}, {i % 6}, {i * 91 % 797}.{i % 90 + 10}, {i % 9}, '{start + datetime.timedelta(days=i * 3)}', "
        + ("NULL" if i % 8 == 0 else f"'{start + datetime.timedelta(days=i * 3 + i % 13)}'")
        + (", NULL" if i % 10 == 0 else f", '{moment + datetime.timedelta(hours=i * 71)}'")
        + f", '{('open', 'done', 'lost', 'late')[i % 4]}')"
        for i in range(400)
    ]
    tables = zip(("region", "client", "sale"), (regions, clients, sales), strict=True)
    return "\n--\n".join(f"INSERT INTO {name} VALUES {', '.join(made)}" for name, made in tables)


def made(new_database: NewDatabase, kind: str) -> str:
    return new_database(kind, f"{DDL.replace('timestamp', 'datetime') if kind == 'mariadb' else DDL}\n--\n{rows()}")


def bag(result: Result) -> Counter[Any]:
    return Counter(tuple(map(plain, row)) for row in result.rows)


def plain(value: Any) -> Any:
    """As people would call it the same: 2 and 2.0, a date and its text, NULL and what is divided by 0."""
    if isinstance(value, datetime.datetime | datetime.date):
        return str(value)
    if isinstance(value, int | float | Decimal):
        nudged = float(value) * (1 + 1e-9)  # MariaDB keeps four digits behind the point
        return (float(f"{nudged:.4g}") if abs(nudged) > 10 else round(nudged, 2)) if math.isfinite(nudged) else None
    return value


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"])
def test_every_shape_answers_as_on_duckdb(database: str, new_database: NewDatabase) -> None:
    here, there = made(new_database, "duckdb"), made(new_database, database)
    world = World(Context.load(here))
    answered: set[str] = set()
    with Sandbox(here) as duckdb, Sandbox(there) as other:
        for name, (shape, _) in SHAPES.items():
            rng = random.Random(name)
            for _ in range(10):
                try:
                    draft = shape(world, rng)
                except LookupError:
                    continue
                if draft is None or verify(draft.sql, duckdb) or ("MEDIAN" in draft.sql and database != "postgresql"):  # those two have no median
                    continue
                expected, found = duckdb.run(draft.sql), other.run(draft.sql)
                assert found.ok, (name, draft.sql, found.error)
                assert bag(found) == bag(expected), (name, draft.sql, found.rows[:3], expected.rows[:3])
                answered.add(name)
    assert len(answered) >= 75, set(SHAPES) - answered


SAME = [  # what no shape asks
    "SELECT sale_id, DATE_DIFF('day', sent, paid_at), DATE_DIFF('month', sent, paid_at), DATE_DIFF('year', ordered, paid_at), DATE_DIFF('quarter', ordered, paid_at) FROM sale",
    "SELECT COUNT(*) FILTER (WHERE DAYOFWEEK(ordered) = 0 AND sent - ordered > 3), SUM(pieces / (pieces - 3)) FILTER (WHERE QUARTER(ordered) = 2 AND pieces <> 3) FROM sale",
    "SELECT sale_id, WEEK(ordered), DAYOFWEEK(ordered), DAYOFYEAR(ordered), ISODOW(sent), HOUR(paid_at), MINUTE(paid_at) FROM sale",
    "SELECT pieces % (pieces - 3), pieces // (pieces - 3), amount / (pieces - 3), 7 / 2, pieces / 2 FROM sale",
    "SELECT MAX(sent) - MIN(ordered), SUM(COALESCE(sent, ordered) - ordered) FROM sale",
    "SELECT s.d, COUNT(*) FROM (SELECT sent - ordered AS d FROM sale) AS s GROUP BY s.d",
    "SELECT tier, state, COUNT(*), COUNT(DISTINCT pieces) FILTER (WHERE amount > 300) FROM sale JOIN client USING (client_id) GROUP BY ALL",
    "SELECT region_name, client_name FROM client JOIN region ON client.region_id = region.region_id QUALIFY ROW_NUMBER() OVER (PARTITION BY region.region_id ORDER BY client_id) = 1",
    "SELECT a.client_name, b.client_name, COUNT(*) FROM client AS a JOIN client AS b ON a.region_id = b.region_id GROUP BY a.client_name, b.client_name "
    "QUALIFY RANK() OVER (PARTITION BY a.client_name ORDER BY b.client_name) = 1",
    "SELECT EXTRACT(quarter FROM ordered), EXTRACT(year FROM paid_at), COUNT(*) FROM sale GROUP BY 1, 2",
    "SELECT client_name FROM client WHERE STARTS_WITH(client_name, 'Client A') OR LEFT(tier, 2) = 'go'",
    "SELECT COUNT(*) FROM sale WHERE sent > ordered + INTERVAL 3 DAY AND ordered >= DATE '2022-03-31' - INTERVAL 2 MONTH AND sent < ordered + INTERVAL 1 WEEK",
]  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"])
def test_functions_that_other_databases_spell_otherwise(database: str, new_database: NewDatabase) -> None:
    here, there = made(new_database, "duckdb"), made(new_database, database)
    with Sandbox(here) as duckdb, Sandbox(there) as other:
        for sql in SAME:
            expected, found = duckdb.run(sql), other.run(sql)
            assert expected.ok and found.ok, (sql, expected.error, found.error)
            assert bag(found) == bag(expected), (sql, found.rows[:3], expected.rows[:3])


def test_months_begin_in_sqlite_too(new_database: NewDatabase) -> None:
    with Sandbox(made(new_database, "duckdb")) as duckdb, Sandbox(made(new_database, "sqlite")) as other:
        for unit in ("year", "quarter", "month", "week", "day"):
            sql = f"SELECT sale_id, DATE_TRUNC('{unit}', ordered) FROM sale"
            assert [(k, str(v)[:10]) for k, v in other.run(sql).rows] == [(k, str(v)[:10]) for k, v in duckdb.run(sql).rows], unit


def test_rows_are_headed_by_what_was_asked_for() -> None:
    for target, part in (("sqlite", "((CAST(STRFTIME('%m', d) AS INTEGER) + 2) / 3)"), ("postgres", "EXTRACT(QUARTER FROM d)"), ("mysql", "QUARTER(d)")):
        head = "" if target == "mysql" else ' AS "QUARTER(d)"'
        assert for_server("SELECT QUARTER(d), n FROM t GROUP BY QUARTER(d), n", target) == f"SELECT {part}{head}, n FROM t GROUP BY {part}, n"


def test_a_difference_is_of_days_where_both_are_dates() -> None:
    schema = parse_ddl("CREATE TABLE t (a DATE, b DATE, n INTEGER, m INTEGER)")
    assert for_server("SELECT a - b, n - m, a - 3 FROM t", "mysql", lambda: schema) == "SELECT DATEDIFF(a, b), n - m, a - 3 FROM t"
    assert for_server("SELECT a - b FROM t", "mysql") == "SELECT a - b FROM t"
    assert for_server("SELECT n / 12, n / m, n % 5 FROM t", "postgres") == "SELECT CAST(n AS DOUBLE PRECISION) / 12, CAST(n AS DOUBLE PRECISION) / NULLIF(m, 0), n % 5 FROM t"

"""Which results get a chart, and that Vega-Lite takes it."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest

from sqlkit.prompt import Context
from sqlkit.query import Answer, chart_of
from sqlkit.query.wording import Wording

pytest.importorskip("altair")
DAY = datetime.date


@pytest.mark.parametrize(
    ("columns", "rows", "mark"),
    [
        (["city", "count_star()"], [("Lyon", 2), ("Nice", 1)], "bar"),
        (["city", "sum(ord.amt)"], [("Lyon", Decimal("2.5")), (None, 1)], "bar"),
        (["ord_id", "amt"], [(1, 2.0), (2, 3.0)], "bar"),
        (["city", "st_cd", "count_star()"], [("Lyon", "S", 2), ("Lyon", "X", 1), ("Nice", "S", 1)], "bar"),
        (["born", "count_star()"], [(DAY(2024, 1, 1), 2), (DAY(2024, 1, 2), 1)], "line"),
        (["count_star()", "date_trunc('month', ord_ts)"], [(2, datetime.datetime(2024, 1, 1)), (1, datetime.datetime(2024, 2, 1))], "line"),
        (["year(ord_ts)", "count_star()"], [(2023, 2), (2024, 1)], "line"),
        (["m", "n"], [("2024-01", 2), ("2024-02", 1)], "line"),
        (["m", "city", "n"], [("2024-01", "Lyon", 2), ("2024-02", "Lyon", 1), ("2024-01", "Nice", 1)], "line"),
        (["count_star()"], [(3,)], ""),
        (["city", "count_star()"], [("Lyon", 2)], ""),
        (["nm", "city"], [("Ada", "Lyon"), ("Bob", "Lyon")], ""),
        (["amt", "x"], [(1.0, 2.0), (2.0, 3.0)], ""),
        (["city", "count_star()"], [("Lyon", 2), ("Lyon", 1)], ""),
        (["city", "count_star()"], [(f"c{i}", i) for i in range(41)], ""),
        (["city", "doc"], [("Lyon", b"x"), ("Nice", b"y")], ""),
        ([], [], ""),
    ],
)  # fmt: skip
def test_choice(columns: list[str], rows: list[Any], mark: str) -> None:
    made = chart_of(Answer("", tuple(columns), tuple(rows)))
    assert (made["mark"]["type"] if made else "") == mark
    if made:
        assert len(made["data"]["values"]) == len(rows)
        assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_no_chart_of_a_part_or_of_a_failure() -> None:
    columns, rows = ("city", "n"), (("Lyon", 2), ("Nice", 1))
    assert chart_of(Answer("", columns, rows, truncated=True)) is None
    assert chart_of(Answer("", columns, rows, error="time: stopped")) is None


def test_titles_carry_words_and_units(context: Context) -> None:
    sql = "SELECT st_cd, SUM(amt) FROM ord GROUP BY st_cd"
    made = chart_of(Answer(sql, ("st_cd", "sum(amt)"), (("S", 1), ("X", 2))), Wording(context, sql))
    assert made is not None
    assert (made["encoding"]["x"]["title"], made["encoding"]["y"]["title"]) == ("status", "total amount (EUR)")


def test_vega_draws_it() -> None:
    vl_convert = pytest.importorskip("vl_convert")

    made = chart_of(Answer("", ("city", "count_star()"), (("Lyon", 2), ("Nice", 1))))
    assert "<svg" in vl_convert.vegalite_to_svg(made)

"""The report: figures, shape, and a page that cannot be broken by what a model wrote."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sqlkit.database.sandbox import Sandbox
from sqlkit.errors import InputError
from sqlkit.evaluate.grade import Grader, grade_all
from sqlkit.evaluate.page import embedded
from sqlkit.evaluate.report import ARMS, Arm, write_report
from sqlkit.records import Example, Prediction

EXAMPLES = [
    Example("1", "how many customers?", "SELECT COUNT(*) FROM customer"),
    Example("2", "cities of the customers", "SELECT city FROM customer"),
    Example("3", "total of shipped orders", "SELECT SUM(amount) FROM orders WHERE status = 'S'"),
    Example("4", "broken", "SELECT nothing FROM customer"),
    Example("5", "weather?", None),
    Example("6", "<b>salary</b>?", None),
]
EVIL = "SELECT '</script><script>alert(1)</script>' AS \"<img src=x onerror=alert(1)>\""
COUNT, CITY, SUM = "SELECT COUNT(*) FROM customer", "SELECT city FROM customer", "SELECT SUM(amount) FROM orders"
SAID: dict[str, list[str | None]] = {
    "base": ["SELECT 1", EVIL, "", "SELECT 1", "SELECT 1", "SELECT x"],
    "base_retrieval": [COUNT, "SELECT DISTINCT city FROM customer", None, "SELECT 1", None, "SELECT 1"],
    "tuned": ["SELECT COUNT(id) FROM customer", CITY, SUM, "SELECT 1", None, None],
    "tuned_retrieval": ["SELECT 4", CITY, "SELECT 200", "SELECT 1", None, None],
}


@pytest.fixture(scope="module")
def arms(sandbox: Sandbox) -> dict[str, Arm]:
    grader = Grader(sandbox)
    made = {}
    for name, answers in SAID.items():
        said = [Prediction(e.id, sql, sql or "", 0.5, 9) for e, sql in zip(EXAMPLES, answers, strict=True)]
        made[name] = Arm(said, grade_all(EXAMPLES, said, grader))
    return made


def test_figures(arms: dict[str, Arm], tmp_path: Path) -> None:
    report = write_report(tmp_path / "out", arms, EXAMPLES, title="Test", about={"database": "shop"})
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == report
    assert list(report)[:5] == ["base", "base_retrieval", "tuned", "tuned_retrieval", "gain"]
    for name in ARMS:
        assert set(report[name]) == {"ex", "valid_sql", "refused_right", "refused_wrong", "seconds_per_question", "intervals", "seconds", "tokens"}
        assert set(report[name]["ex"]) == {"value", "low", "high", "n"}
        assert report[name]["seconds_per_question"] == 0.5
    assert [round(report[name]["ex"]["value"] * 3) for name in ARMS] == [0, 1, 2, 3]
    assert {report[name]["ex"]["n"] for name in ARMS} == {3}  # the broken gold is not counted
    assert report["counts"]["not_counted"] == 1
    assert [report[name]["refused_right"] for name in ARMS] == [0.0, 0.5, 1.0, 1.0]
    assert report["base_retrieval"]["refused_wrong"] == pytest.approx(1 / 3)
    assert report["base"]["valid_sql"] == pytest.approx(3 / 5)
    gain = report["gain"]
    assert gain["value"] == pytest.approx(1 / 3)
    assert gain["low"] <= gain["value"] <= gain["high"]
    assert (gain["won"], gain["lost"], gain["n"]) == (1, 0, 3)
    assert report["by_difficulty"]["tuned"]["easy"]["n"] == 3
    assert report["reasons"]["tuned"] == {"missing filter": 1}
    assert report["reasons"]["base_retrieval"] == {"distinct": 1, "not refused": 1, "refused": 1}
    question = report["questions"][1]
    assert question["result"]["rows"][0] == ["Paris"]
    assert question["arms"]["base_retrieval"]["kind"] == "distinct"


def test_any_arms_will_do(arms: dict[str, Arm], tmp_path: Path) -> None:
    for names in (["base"], ["tuned"], ["base", "tuned_retrieval"], ["tuned", "base_retrieval"]):
        report = write_report(tmp_path, {name: arms[name] for name in names}, EXAMPLES)
        assert {name for name in ARMS if name in report} == set(names)
        assert (report["gain"] is None) == (set(names) != {"tuned", "base_retrieval"})
        assert "execution accuracy" in (tmp_path / "report.html").read_text()


def test_the_page_needs_no_network_and_holds_no_markup_of_others(arms: dict[str, Arm], tmp_path: Path) -> None:
    write_report(tmp_path, arms, EXAMPLES, title="A <i>title</i>", about={"k<": "<v>"})
    page = (tmp_path / "report.html").read_text()
    assert not re.search(r"(src|href)\s*=\s*[\"']?\s*(https?:|//)", page)
    assert "default-src 'none'" in page
    assert page.count("</script>") == 2
    assert "<img src=x" not in page
    assert "<i>title" not in page
    assert "<b>salary" not in page
    data = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S)
    assert data is not None
    assert json.loads(data[1])["questions"][1]["arms"]["base"]["sql"] == EVIL


def test_the_same_run_gives_the_same_bytes(arms: dict[str, Arm], tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_report(tmp_path / name, arms, EXAMPLES)
    for file in ("report.json", "report.html"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_wall_time_counts_when_given(arms: dict[str, Arm], tmp_path: Path) -> None:
    arm = Arm(arms["tuned"].predictions, arms["tuned"].grades, seconds=6.0)
    assert write_report(tmp_path, {"tuned": arm}, EXAMPLES)["tuned"]["seconds_per_question"] == 1.0


def test_arms_must_fit(arms: dict[str, Arm], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one arm"):
        write_report(tmp_path, {}, EXAMPLES)
    with pytest.raises(InputError, match="unknown arm best"):
        write_report(tmp_path, {"best": arms["base"]}, EXAMPLES)
    with pytest.raises(InputError, match="same questions"):
        write_report(tmp_path, arms, EXAMPLES[:-1])
    with pytest.raises(InputError, match="question 1 occurs twice"):
        write_report(tmp_path, arms, [EXAMPLES[0], *EXAMPLES])
    assert not list(tmp_path.iterdir())


def test_embedded_json_cannot_leave_its_script() -> None:
    text = embedded({"a": "</script>\u2028<!--"})
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text) == {"a": "</script>\u2028<!--"}

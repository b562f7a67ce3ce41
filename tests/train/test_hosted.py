"""Tuning at OpenAI and Azure, against a server on this machine: real sockets, the real client."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sqlkit.commands_teach import hosted
from sqlkit.errors import InputError, RecipeError, RunError
from sqlkit.model.service import Service
from sqlkit.recipe import Recipe
from sqlkit.train.hosted.rows import fault, prepare
from sqlkit.train.hosted.tune import tune

BASE = "gpt-4.1-mini-2025-04-14"


def pair(number: int, **other: Any) -> dict[str, Any]:
    prompt = {"system": "Write SQL.", "user": f"cust: id number\nquestion: how many há {number}?"}
    return {"id": f"p{number}", "prompt": prompt, "completion": f"SELECT {number}", **other}


def write(folder: Path, rows: list[Any]) -> Path:
    folder.mkdir(exist_ok=True)
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    (folder / "pairs.jsonl").write_text(text)
    return folder


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return write(tmp_path / "data", [pair(i) for i in range(12)])


def recipe(loopback: Any, **more: Any) -> Recipe:
    return Recipe.of({"provider": "openai", "provider_url": loopback.url, "base_model": BASE, **more})


def run(loopback: Any, made: Path, out: Path, waits: list[float] | None = None, **more: Any) -> Any:
    """A run that does not really wait; how long it would have is in `waits`."""
    held = recipe(loopback, **more)
    address = held.provider_url if held.provider == "openai" else f"{held.provider_url}?api-version=2024-10-21"
    return tune(held, made, out, tell=lambda _: None, every=0.0, service=Service(address, sleep=(waits if waits is not None else []).append))


def state(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "hosted.json").read_text())
    return found


@pytest.mark.parametrize(
    ("provider", "hyper"), [("openai", '{"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}}'), ("azure", '{"n_epochs": 3}')]
)
def test_from_pairs_to_a_model(provider: str, hyper: str, loopback: Any, made: Path, tmp_path: Path, capsys: Any) -> None:
    loopback.file_status = ["pending", "processed"]
    out = tmp_path / "run"
    given = recipe(loopback, provider=provider, num_train_epochs=3, suffix="shop", provider_url=loopback.url if provider == "openai" else loopback.azure)
    lines = hosted(given, made, out, every=0.0)
    found = state(out)
    assert found["model_id"] == f"ft:{BASE}:o::ftjob-0" and found["job_id"] == "ftjob-0" and found["status"] == "succeeded"
    assert found["model_id"] in lines[0] and "sqlkit eval --base-model" in lines[1]
    sent = loopback.contents["file-0"]
    assert sent.startswith(b"\xef\xbb\xbf") == (provider == "azure")
    rows = [json.loads(line) for line in sent.decode("utf-8-sig").splitlines()]
    assert len(rows) == 12 and [m["role"] for m in rows[0]["messages"]] == ["system", "user", "assistant"]
    body = next(b for m, p, b in loopback.seen if (m, p) == ("POST", "/fine_tuning/jobs"))
    assert body.pop("method" if provider == "openai" else "hyperparameters") == json.loads(hyper)
    assert body == {"model": BASE, "training_file": "file-0", "suffix": "shop"}
    assert set(loopback.keys) == {"Bearer key-o" if provider == "openai" else "key-a"}
    assert loopback.count("GET /files/file-0") == (1 if provider == "openai" else 2)  # Azure has to have read it before
    assert "running, 300 of about" in capsys.readouterr().err


@pytest.mark.parametrize("provider", ["openai", "azure"])
def test_the_model_answers_through_the_usual_seam(provider: str, loopback: Any) -> None:
    from sqlkit.model.openai_compatible import OpenAICompatibleModel
    from sqlkit.records import Prompt

    url = f"{loopback.url}#ft:x:o::1" if provider == "openai" else f"{loopback.azure}?api-version=2024-10-21#mine"
    model = OpenAICompatibleModel(url)
    assert model.generate([Prompt("s", "u")])[0].text == "SELECT 1"
    assert loopback.seen[0][1] == ("/chat/completions" if provider == "openai" else "/deployments/mine/chat/completions")
    model.close()


@pytest.mark.parametrize("where", ["POST /files", "POST /fine_tuning/jobs"])
@pytest.mark.parametrize("kind", ["lost answer", "500", "kill"])
def test_what_was_carried_out_is_not_done_twice(where: str, kind: str, loopback: Any, made: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """The server did it, but the client never heard: in the same run, or because the run ended there."""
    out = tmp_path / "run"
    if kind == "kill":
        monkeypatch.setattr("sqlkit.train.hosted.job.Job._note", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        if "jobs" in where:
            (out).mkdir()
            first = run_until_file(loopback, made, out, monkeypatch)
            assert first["file_id"] == "file-0"
            monkeypatch.setattr("sqlkit.train.hosted.job.Job._note", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(loopback, made, out)
        monkeypatch.undo()
        monkeypatch.setenv("OPENAI_API_KEY", "key-o")
    else:
        loopback.faults = [loopback.Fault(where, 500 if kind == "500" else 0, "overloaded", carried_out=True)]
    found = run(loopback, made, out)
    assert found.status == "succeeded" and len(loopback.files) == len(loopback.jobs) == 1
    assert loopback.count(where) == 1


def run_until_file(loopback: Any, made: Path, out: Path, monkeypatch: Any) -> dict[str, Any]:
    """A run that ends after its file id was noted."""
    monkeypatch.undo()
    monkeypatch.setenv("OPENAI_API_KEY", "key-o")
    loopback.faults = [loopback.Fault("GET /files/", 400, "no")]
    with pytest.raises(RunError):
        run(loopback, made, out)
    return state(out)


def test_killed_while_it_follows(loopback: Any, made: Path, tmp_path: Path) -> None:
    """kill -9 of the whole command, at its slowest; run again, it goes on with the same job."""
    loopback.steps = ["queued"] * 10_000
    out = tmp_path / "run"
    command = [sys.executable, "-m", "sqlkit", "train", "--provider", "openai", "--base-model", BASE, "--pairs", str(made), "--out", str(out)]
    command += ["--set", f"provider_url={loopback.url}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2], env=dict(os.environ))
    for _ in range(600):
        if loopback.count("GET /fine_tuning/jobs/ftjob-0"):
            break
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert state(out)["job_id"] == "ftjob-0"
    loopback.steps = ["succeeded"]
    assert run(loopback, made, out).model_id == f"ft:{BASE}:o::ftjob-0"
    assert loopback.count("POST") == 2
    assert run(loopback, made, out).model_id == f"ft:{BASE}:o::ftjob-0" and loopback.count("POST") == 2  # finished, nothing is asked


@pytest.mark.parametrize(("header", "expected"), [({"retry-after": "7"}, 7.0), ({}, 1.0)])
def test_who_limits_the_rate_is_waited_for(header: dict[str, str], expected: float, loopback: Any, made: Path, tmp_path: Path) -> None:
    loopback.faults = [loopback.Fault("POST /fine_tuning/jobs", 429, "slow down", header), loopback.Fault("GET /fine_tuning/jobs/", 429, "slow", header)]
    waits: list[float] = []
    assert run(loopback, made, tmp_path / "run", waits).status == "succeeded"
    assert waits == [expected, expected] and len(loopback.jobs) == 1


REFUSED = [
    ("POST /files", 400, "bad file", {}, "", r"127.0.0.1:\d+ refuses \(400\): bad file"),
    ("GET /files", 401, "wrong key", {}, "", r"refuses \(401\): wrong key"),
    ("POST /fine_tuning/jobs", 400, "model may not be tuned", {}, "", r"refuses \(400\): model may not be tuned"),
    ("POST /fine_tuning/jobs", 429, "no money", {}, "insufficient_quota", r"refuses \(429\): no money"),
    ("POST /fine_tuning/jobs", 429, "later", {"retry-after": "4000"}, "", "asks to wait 4000 s; run the same command again then"),
]


@pytest.mark.parametrize(("where", "status", "message", "headers", "code", "told"), REFUSED)
def test_a_refusal_is_one_line(
    where: str, status: int, message: str, headers: dict[str, str], code: str, told: str, loopback: Any, made: Path, tmp_path: Path
) -> None:  # fmt: skip
    loopback.faults = [loopback.Fault(where, status, message, headers, code=code)]
    with pytest.raises(RunError, match=told) as error:
        run(loopback, made, tmp_path / "run")
    assert "\n" not in str(error.value) and not loopback.jobs
    assert run(loopback, made, tmp_path / "run").status == "succeeded" and len(loopback.files) == len(loopback.jobs) == 1


def test_a_job_that_is_lost_or_fails_is_told_and_not_started_again(loopback: Any, made: Path, tmp_path: Path) -> None:
    loopback.steps = ["queued"] * 3 + ["failed"]
    loopback.error = "line 3 breaks our\nusage policy"
    for _ in range(2):
        with pytest.raises(RunError, match="job ftjob-0 failed: line 3 breaks our usage policy; it is not started again"):
            run(loopback, made, tmp_path / "failed")
    loopback.steps = ["queued"]
    loopback.faults = [loopback.Fault("GET /fine_tuning/jobs/", 404, "gone") for _ in range(3)]
    with pytest.raises(RunError, match=r"does not know the job ftjob-1 .any more.; nothing was started in its place"):
        run(loopback, made, tmp_path / "lost")
    loopback.steps = ["succeeded"]
    assert run(loopback, made, tmp_path / "lost").job_id == "ftjob-1" and len(loopback.jobs) == 2


def test_another_run_or_a_dead_server_is_told(loopback: Any, made: Path, tmp_path: Path) -> None:
    run(loopback, made, tmp_path / "run")
    with pytest.raises(RunError, match=r"holds a run with other epochs .job ftjob-0.; give another --out"):
        run(loopback, made, tmp_path / "run", num_train_epochs=5)
    write(made, [pair(i) for i in range(20)])
    with pytest.raises(RunError, match="holds a run with other pairs"):
        run(loopback, made, tmp_path / "run")
    with pytest.raises(RunError, match=r"127.0.0.1:9 after 6 tries: cannot be reached"):
        tune(recipe(loopback), made, tmp_path / "dead", tell=lambda _: None, service=Service("http://127.0.0.1:9/v1", sleep=lambda _: None))


BAD_ROWS = [
    ("{", "line 3: not JSON"), ({"id": "x"}, "line 3: no pair of prompt and completion"), (pair(1, completion=" "), "line 3: the assistant's text is empty"),
    (pair(1, prompt={"system": "s", "user": "x" * 300_000}), r"line 3: about 1000\d\d tokens, 65536 at most"),
    (pair(1, prompt={"system": "s", "user": 3}), "line 3: the user's text is empty"),
]


@pytest.mark.parametrize(("row", "told"), BAD_ROWS)
def test_rows_that_a_provider_would_refuse_are_named_before_anything_is_sent(row: Any, told: str, loopback: Any, tmp_path: Path) -> None:
    rows: list[Any] = [pair(i) for i in range(12)]
    rows[2] = row
    with pytest.raises(InputError, match=told):
        run(loopback, write(tmp_path / "data", rows), tmp_path / "run")
    assert not loopback.seen and not (tmp_path / "run").exists()


def test_limits_of_the_whole_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds 9 pairs, a provider wants 10 at least"):
        prepare(write(tmp_path / "few", [pair(i) for i in range(9)]) / "pairs.jsonl", tmp_path)
    with pytest.raises(InputError, match="makes 0 MB, a provider takes 0 MB at most"):
        prepare(write(tmp_path / "many", [pair(i) for i in range(90)]) / "pairs.jsonl", tmp_path, most_bytes=999)
    assert fault({"messages": [{"role": "assistant", "content": "x"}]}) == "no user's text before the assistant's"


SETTINGS = [
    ({"base_model": "embedded"}, "base_model: name a model that openai tunes"), ({"cost_limit": 5}, "cost_limit needs training_price"),
    ({"provider": "azure", "provider_url": ""}, "provider_url: azure needs the address"),
    ({"cost_limit": 0.001, "training_price": 25}, r"training would cost about 0.0\d, cost_limit is 0.001; nothing was sent"),
]


@pytest.mark.parametrize(("more", "told"), SETTINGS)
def test_settings_that_do_not_go_together(more: dict[str, Any], told: str, loopback: Any, made: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=told):
        hosted(recipe(loopback, **more), made, tmp_path / "run")
    assert not loopback.seen


def test_a_dry_run_sends_nothing(loopback: Any, made: Path, tmp_path: Path) -> None:
    lines = hosted(recipe(loopback, training_price=25), made, tmp_path / "run", dry_run=True)
    assert re.search(r"12 pairs, about \d+ tokens .estimated., 2 epochs, to http.*: about 0.0\d", lines[0])
    assert not loopback.seen

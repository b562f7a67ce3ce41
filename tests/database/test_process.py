"""A worker that hostile SQL has taken over may answer anything; the parent takes values and nothing else."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from sqlkit.database.process import BrokenWorker, Process

PRELUDE = "import os, sys, pickle, struct\nline = sys.stdin.readline()\ndef say(b): os.write(1, struct.pack('>Q', len(b)) + b)\n"
ANSWERS = {
    "code": "class E:\n    def __reduce__(self): return os.system, ('touch {mark}',)\nsay(pickle.dumps(E()))",
    "getattr": "say(b'cbuiltins\\neval\\n(S\"open(\\'{mark}\\', \\'w\\')\"\\ntR.')",
    "other class": "import collections\nsay(pickle.dumps(collections.OrderedDict(a=1)))",
    "not a dict": "say(pickle.dumps([1]))",
    "not a pickle": "say(b'hello')",
    "empty": "say(b'')",
    "too much": "os.write(1, struct.pack('>Q', 2**60))",
    "cut off": "os.write(1, struct.pack('>Q', 100) + b'abc')",
    "nothing": "",
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_hostile_answers(kind: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    process = Process([sys.executable, "-c", PRELUDE + ANSWERS[kind].replace("{mark}", str(mark))], 10_000)
    with pytest.raises(BrokenWorker):
        process.ask({"sql": ""}, time.perf_counter() + 20)
    process.close()
    assert not mark.exists()


def test_silence_is_a_timeout() -> None:
    process = Process([sys.executable, "-c", "import time; time.sleep(60)"], 10_000)
    with pytest.raises(TimeoutError):
        process.ask({}, time.perf_counter() + 0.2)
    process.close()
    process.close()
    assert not process.alive


def test_last_words() -> None:
    process = Process([sys.executable, "-c", "import sys; sys.exit('no such database')"], 10_000)
    with pytest.raises(BrokenWorker):
        process.ask({}, time.perf_counter() + 20)
    assert process.close() == "no such database"

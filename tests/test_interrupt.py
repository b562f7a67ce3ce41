"""One Ctrl-C is enough, wherever it falls."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PROGRAM = """
import os, signal, sys, time
from sqlkit.interrupt import heeded

def press():
    os.kill(os.getpid(), signal.SIGINT)

class Finalised:
    def __del__(self):
        press()
        time.sleep(0.1)  # the interrupt falls here, and Python drops it

def swallowed():
    try:
        press()
        time.sleep(0.1)
    except BaseException:
        pass

def finaliser():
    Finalised()

cleaned = []
try:
    with heeded():
        try:
            {where}
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                time.sleep(0.01)
        finally:
            time.sleep({cleaning})  # longer than a reminder takes
            cleaned.append(True)
except KeyboardInterrupt:
    sys.exit(130 if cleaned else 1)
sys.exit(2)
"""


def run(folder: Path, where: str, cleaning: float = 0.0) -> subprocess.CompletedProcess[str]:
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that interrupts are ignored
    try:
        program = textwrap.dedent(PROGRAM).format(where=where, cleaning=cleaning)
        (folder / "program.py").write_text(program)
        return subprocess.run([sys.executable, "-m", "program"], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    finally:
        signal.signal(signal.SIGINT, heard)


@pytest.mark.parametrize("where", ["press()", "finaliser()", "swallowed()", "exec('press(); time.sleep(0.1)')"])
def test_an_interrupt_comes_through(where: str, tmp_path: Path) -> None:
    done = run(tmp_path, where)
    assert done.returncode == 130, done.stderr


def test_what_is_being_cleaned_up_is_left_to_finish(tmp_path: Path) -> None:
    done = run(tmp_path, "press()", cleaning=1.5)
    assert done.returncode == 130, done.stderr


def test_a_second_one_does_not_wait_for_the_cleaning(tmp_path: Path) -> None:
    done = run(tmp_path, "import threading; threading.Timer(0.3, press).start(); press()", cleaning=15)
    assert done.returncode == 1, done.stderr


def test_where_interrupts_are_ignored_they_stay_ignored() -> None:
    program = "import os, signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nfrom sqlkit.interrupt import heeded\n"
    program += "with heeded():\n    os.kill(os.getpid(), signal.SIGINT)\nprint('went on')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "went on\n", done.stderr

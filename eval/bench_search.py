"""`make bench-search`: a search of 20 trials on the embedded base and company, killed twice and resumed; one line of JSON at the end.

What it must show: one study whatever stopped it, and a best trial no worse than the recipe itself (which is trial 0).
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import yaml

from sqlkit.recipe import Recipe

arguments = argparse.ArgumentParser()
arguments.add_argument("--trials", type=int, default=20)
arguments.add_argument("--steps", type=int, default=60)
arguments.add_argument("--pairs", type=int, default=1000)
arguments.add_argument("--jobs", type=int, default=1)
arguments.add_argument("--out", type=Path, default=Path("runs/bench_search"))
given = arguments.parse_args()

space = {
    "learning_rate": {"low": 3e-4, "high": 6e-3, "log": True}, "lora_r": [8, 16, 32], "warmup_steps": {"low": 0, "high": 20, "step": 10},
    "weight_decay": {"low": 0.0, "high": 0.1}, "loraplus_lr_ratio": [1.0, 4.0, 16.0],
}  # fmt: skip
recipe = Recipe.load("embedded", [f"pairs={given.pairs}", f"max_steps={given.steps}", f"eval_steps={max(1, given.steps // 3)}", "scoped=false"])
recipe = Recipe.of({**recipe.model_dump(), "constrained": False, "search": {"trials": given.trials, "space": space}})
given.out.mkdir(parents=True, exist_ok=True)
path, data, out = given.out / "recipe.yaml", given.out / "data", given.out / "search"
path.write_text(yaml.safe_dump(recipe.model_dump(mode="json")), encoding="utf-8")
if not (data / "pairs.jsonl").exists():
    subprocess.run([sys.executable, "-m", "sqlkit", "build", str(path), "--out", str(data)], check=True)


def start() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "sqlkit", "search", str(path), "--pairs", str(data), "--out", str(out), "--jobs", str(given.jobs)])


def finished() -> list[dict[str, object]]:
    """Trials that are over, as the study has them now."""
    from sqlkit.train.search import NAME, optuna

    if not (out / "study.db").exists():
        return []
    study = optuna.load_study(study_name=NAME, storage=f"sqlite:///{out / 'study.db'}")
    return [{"number": t.number, "ex": t.value, "settings": t.params} for t in study.get_trials() if t.state.is_finished()]


began, kept = time.perf_counter(), True
for after in (given.trials // 3, 2 * given.trials // 3):
    if len(finished()) >= after:
        continue
    going = start()
    while len(finished()) < after and going.poll() is None:
        time.sleep(1)
    time.sleep(5)  # into the next trial
    going.send_signal(signal.SIGKILL)
    going.wait()
    before = finished()
    time.sleep(1)
    kept = kept and finished()[: len(before)] == before
last = start().wait()
report = json.loads((out / "report.json").read_text(encoding="utf-8"))
told = {
    "exit": last, "trials": len(report["trials"]), "numbers_in_order": [t["number"] for t in report["trials"]] == list(range(given.trials)),
    "kept_after_kills": kept, "default_ex": report["ex"]["0"], "best": report["best"], "best_ex": report["ex"][str(report["best"])],
    "gain": report["gain"], "importance": report["importance"], "seconds": round(time.perf_counter() - began),
}  # fmt: skip
print(json.dumps(told))

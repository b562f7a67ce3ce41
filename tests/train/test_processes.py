"""Two processes are one run: the same losses as one process that sees the same pairs a step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

CONFIGS = sorted((Path(__file__).parents[2] / "deploy" / "accelerate").glob("*.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["nll", "two:own"])
def test_two_processes_give_the_losses_of_one(loss: str, base: Path, pairs: Path, retail: Path, tmp_path: Path) -> None:
    """The world is asserted: accelerate launch --cpu runs one process without a word. The second loss goes its own way."""

    def told(launcher: list[str], rows: int) -> dict[str, Any]:
        script = str(Path(__file__).with_name("two.py"))
        command = [*launcher, script, str(base), str(pairs), str(retail), str(tmp_path / str(rows)), str(rows), "off", loss]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        assert done.returncode == 0, done.stderr[-3000:]
        line = next(line for line in done.stdout.splitlines() if "TOLD " in line)
        found: dict[str, Any] = json.loads(line.partition("TOLD ")[2])
        return found

    one = told([sys.executable], 4)
    two = told([sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", "29577"], 2)
    assert (one["world"], two["world"]) == (1, 2)
    assert one["steps"] == two["steps"] == len(one["losses"]) and one["adapter"] and two["adapter"]
    assert two["losses"] == pytest.approx(one["losses"], rel=1e-4)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_launch_configurations_are_whole(path: Path) -> None:
    from accelerate.commands.config.config_args import ClusterConfig

    found = ClusterConfig.from_yaml_file(yaml_file=str(path))
    assert found.mixed_precision == "bf16" and found.num_processes > 1 and not found.use_cpu
    data = yaml.safe_load(path.read_text())
    assert data.get("fsdp_config", {}).get("fsdp_version", 2) == 2
    assert f"deploy/accelerate/{path.name}" in path.read_text()

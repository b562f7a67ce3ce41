"""The layout that vLLM takes: the merged model in the folder, the LoRA beside it where vLLM can serve it, and how to launch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # what --max-lora-rank takes
README = """# {name}, for vLLM

This folder is the merged model (merged into: {onto}). Written by `sqlkit export --to vllm`; vLLM itself was not run by it.

    vllm serve {folder} --served-model-name {name} --max-model-len {length}

Then, with sqlkit's prompt, sandbox and refusals in front:

    sqlkit ask "how many orders were shipped?" --database $URL --base-model "http://localhost:8000/v1#{name}"
"""
LORA = """
## As a LoRA, several on one base

    vllm serve {base} --enable-lora --lora-modules {name}={folder}/lora --max-lora-rank {rank} --max-model-len {length}

Further adapters of the same base: more `NAME=FOLDER` behind `--lora-modules`; a request names the adapter as its model.
{note}"""
QLORA = """
The adapter was trained on the NF4 base. Served so it stands on the 16-bit base, which is `sqlkit export --onto base`: judge that before it is used.
"""


def write_layout(adapter: Path, folder: Path, name: str, base: str, onto: str, length: int) -> bool:
    """README.md with the launch commands, `lora/` where vLLM serves such an adapter; returns whether it is there.

    vLLM takes neither DoRA nor whole modules (`modules_to_save`), and ranks up to 512.
    """
    text = README.format(name=name, onto=onto, folder=".", length=length)
    config = adapter / "adapter_config.json"
    settings = json.loads(config.read_text(encoding="utf-8")) if config.exists() else None
    rank = next((r for r in RANKS if settings and r >= settings["r"]), 0)
    served = bool(settings and rank and not settings.get("use_dora") and not settings.get("modules_to_save"))
    if served:
        (folder / "lora").mkdir()
        for file in ("adapter_config.json", "adapter_model.safetensors"):
            shutil.copy2(adapter / file, folder / "lora" / file)
        text += LORA.format(base=base, name=name, folder=".", rank=rank, length=length, note=QLORA if onto == "dequantised" else "")
    (folder / "README.md").write_text(text, encoding="utf-8")
    return served

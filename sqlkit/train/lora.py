"""Adapters: their configuration, how they start, and saving them so that the untouched base is all they need.

LoRA: Hu et al. 2021. rsLoRA: Kalajdzievski 2023. DoRA: Liu et al. 2024. PiSSA: Meng et al. 2024. OLoRA: Büyükakyüz 2024.
EVA: Paischer et al. 2024. LoftQ: Li et al. 2023. The names are PEFT's.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sqlkit.errors import RecipeError, RunError
from sqlkit.recipe import Recipe
from sqlkit.records import write_atomic
from sqlkit.train.processes import is_main, shared

PLAIN = ("default", "gaussian", "orthogonal")
MOVED = re.compile(r"pissa(_niter_\d+)?$|olora$")  # these take their start out of the base's weights
FROM_DATA = ("eva",)
QUANTISED = ("loftq",)
Start = dict[str, Any]


def check_adapter_settings(recipe: Recipe) -> None:
    """Raises RecipeError for an adapter that PEFT could not make, or that could not be served on the untouched base."""
    init = recipe.init_lora_weights
    if recipe.method == "full":
        return
    if isinstance(init, str) and init not in (*PLAIN, *FROM_DATA, *QUANTISED) and not MOVED.match(init):
        offered = ", ".join((*PLAIN, "pissa", "pissa_niter_16", "olora", *FROM_DATA, *QUANTISED))
        raise RecipeError(f"init_lora_weights {init!r} is not offered: one of {offered}, true, false")
    if init == "orthogonal" and recipe.lora_r % 2:
        raise RecipeError(f"init_lora_weights orthogonal needs an even lora_r, not {recipe.lora_r}")
    if init in QUANTISED and recipe.method != "qlora":
        raise RecipeError("init_lora_weights loftq makes up for quantisation: it goes with method qlora only")
    if isinstance(init, str) and MOVED.match(init) and recipe.method != "lora":
        raise RecipeError(f"init_lora_weights {init} changes the base's weights: it goes with method lora only")
    if init in FROM_DATA and recipe.method == "dora":
        raise RecipeError(f"init_lora_weights {init} goes with method lora or qlora")


def lora_config(recipe: Recipe) -> Any:
    """PEFT's configuration of a recipe's adapter, None for full tuning."""
    from peft import EvaConfig, LoraConfig

    if recipe.method == "full":
        return None
    init = recipe.init_lora_weights
    return LoraConfig(
        r=recipe.lora_r,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=recipe.lora_dropout,
        target_modules=recipe.lora_target_modules,
        task_type="CAUSAL_LM",
        use_rslora=recipe.use_rslora,
        use_dora=recipe.method == "dora",
        init_lora_weights=True if init in ("default", *QUANTISED) else init,
        eva_config=EvaConfig(rho=1.0) if init == "eva" else None,  # one rank everywhere, as the memory plan counts it
    )


def initialise(trainer: Any, recipe: Recipe, base: str, folder: Path) -> Start | None:
    """Give the adapter the start that needs data or the base's file; returns what to subtract when the base was changed.

    A run that goes on must start from the same numbers; they are kept in `folder`. Raises RunError when they differ.
    """
    init = recipe.init_lora_weights
    if recipe.method == "full" or not isinstance(init, str):
        return None
    if init == "eva":
        from peft.tuners.lora.eva import initialize_lora_eva_weights

        initialize_lora_eva_weights(trainer.model, trainer.get_train_dataloader(), show_progress_bar=False)
    if init == "loftq":
        import torch
        from peft import replace_lora_weights_loftq

        if not torch.cuda.is_available():
            raise RecipeError("init_lora_weights loftq needs a GPU: PEFT computes it there only")
        whole = Path(base) / "model.safetensors"
        if Path(base).is_dir() and not whole.exists():
            raise RecipeError(f"init_lora_weights loftq needs {base} in one file, model.safetensors")
        replace_lora_weights_loftq(trainer.model, str(whole) if whole.exists() else None)
    if not MOVED.match(init):
        return None
    from safetensors.torch import load_file, save_file

    start = _state(trainer.model)
    kept = folder / "start.safetensors"
    if not kept.exists() and is_main():
        partial = kept.with_suffix(".partial")
        save_file(start, partial)
        partial.rename(kept)
    shared(0.0)
    before = load_file(kept)
    if any((before[name] - tensor).abs().max() > 1e-6 for name, tensor in start.items()):
        raise RunError(f"init_lora_weights {init} came out differently than when {folder} was begun; use another --out")
    return start


def save_adapter(model: Any, folder: Path, start: Start | None = None) -> None:
    """Save the live weights so that they load on the untouched base, whatever the adapter started from.

    PiSSA and OLoRA train B A beside W - B0 A0, so the change of W is [B | -B0] [A ; A0]: an adapter of twice the rank.
    """
    # of a run that starts from an adapter TRL keeps a frozen copy beside it, for reference; that is not saved
    model.save_pretrained(folder, **({"selected_adapters": ["default"]} if hasattr(model, "peft_config") else {}))
    path = folder / "adapter_config.json"
    if not path.exists():
        return
    settings = json.loads(path.read_text(encoding="utf-8"))
    if start is not None:
        import torch
        from safetensors.torch import load_file, save_file

        weights = load_file(folder / "adapter_model.safetensors")
        for name, first in start.items():
            across = 0 if "lora_A" in name else 1
            weights[name] = torch.cat([weights[name], first if across == 0 else -first], dim=across).contiguous()
        save_file(weights, folder / "adapter_model.safetensors", metadata={"format": "pt"})
        settings["r"] *= 2
        settings["lora_alpha"] *= 2**0.5 if settings["use_rslora"] else 2
    settings |= {"init_lora_weights": True, "eva_config": None, "revision": getattr(model.config, "_commit_hash", None)}
    write_atomic(path, json.dumps(settings, indent=2, sort_keys=True) + "\n")


def _state(model: Any) -> Start:
    from peft import get_peft_model_state_dict

    return {name: tensor.detach().float().cpu().clone() for name, tensor in get_peft_model_state_dict(model).items()}

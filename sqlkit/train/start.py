"""Where tuning further begins: an adapter that fits base, prompt and tokenizer, loaded so that it learns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlkit.errors import AdapterError, RecipeError
from sqlkit.model.adapter import Manifest, check_adapter, read_manifest, sha256_files
from sqlkit.model.huggingface import load_weights
from sqlkit.recipe import ANSWERING, Recipe

# as the adapter has them, where the recipe does not say
KEPT = ("base_model", "max_length", *ANSWERING, "refuse_threshold", "database", "glossary", "personal_data")
Weights = dict[str, Any]


def settings(recipe: Recipe) -> Recipe:
    """The recipe with what the adapter it starts from decides. Raises RecipeError, AdapterError."""
    if not recipe.lora_model_dir:
        raise RecipeError(f"method {recipe.method} tunes an adapter further: name it with --set lora_model_dir=FOLDER")
    manifest = read_manifest(recipe.lora_model_dir)
    if manifest.method == "full":
        raise RecipeError(f"method {recipe.method} needs an adapter to start from; {recipe.lora_model_dir} is a full tuning")
    auto = [key for key in ("per_device_train_batch_size", "gradient_checkpointing") if getattr(recipe, key) == "auto"]
    if auto:
        raise RecipeError(f"{auto[0]} cannot be 'auto' with method {recipe.method}; the memory plan does not know it")
    before = {key: manifest.recipe[key] for key in KEPT if key in manifest.recipe and key not in recipe.model_fields_set}
    try:
        held = json.loads((Path(recipe.lora_model_dir) / "adapter_config.json").read_text(encoding="utf-8"))
        shape = {"lora_r": held["r"], "lora_alpha": held["lora_alpha"], "lora_dropout": held["lora_dropout"], "use_rslora": held["use_rslora"]}
    except (OSError, ValueError, KeyError) as error:
        raise AdapterError(f"{recipe.lora_model_dir} holds no adapter_config.json that can be read: {error}") from None
    return Recipe.of({**recipe.model_dump(), **before, **shape, "init_lora_weights": True}, "recipe")


def load(recipe: Recipe, base: str, tokenizer: Any) -> tuple[Any, Manifest, str]:
    """The base with the adapter on it, ready to learn; the adapter's manifest and the hash of its weights.

    Raises AdapterError when it belongs to another base, prompt or tokenizer.
    """
    from peft import PeftModel

    folder = recipe.lora_model_dir
    manifest = check_adapter(folder, base, tokenizer)
    model = load_weights(base, nf4=manifest.method == "qlora")
    model.config.use_cache = False
    return PeftModel.from_pretrained(model, folder, is_trainable=True), manifest, sha256_files(Path(folder), "adapter_model.safetensors")


def remember(model: Any) -> Weights:
    """A copy of the weights that learn."""
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters() if parameter.requires_grad}


def restore(model: Any, weights: Weights) -> None:
    """Put them back in float32: TRL rounds a QLoRA adapter to bfloat16, and what starts would not be what was tuned.

    The frozen copy that TRL keeps for reference ("ref") gets them too, and only the adapter itself learns.
    """
    for name, parameter in model.named_parameters():
        own = name.replace(".ref.", ".default.")
        if own in weights:
            parameter.data = weights[own].float().clone()
            parameter.requires_grad_(own == name)

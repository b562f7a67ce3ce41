"""What tuning further takes over from the adapter that it starts from."""

from __future__ import annotations

import json
from pathlib import Path

from sqlkit.model.adapter import MANIFEST, Manifest
from sqlkit.recipe import ANSWERING, Recipe
from sqlkit.train.start import settings


def test_an_adapter_tuned_further_answers_as_before(tmp_path: Path) -> None:
    """How questions are answered (samples, neighbours, ...) is no matter of the method: what the recipe does not say stays."""
    before = {"max_new_tokens": 77, "constrained": False, "scoped": False, "samples": 3, "neighbours": 15, "shots": 2}
    assert before.keys() == set(ANSWERING)
    papers = Manifest(**{**{name: "x" for name, field in Manifest.model_fields.items() if field.annotation is str}, "method": "qlora", "recipe": before})
    (tmp_path / MANIFEST).write_text(papers.model_dump_json())
    (tmp_path / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 8, "lora_dropout": 0.0, "use_rslora": False}))
    for method in ("grpo", "dpo"):
        made = settings(Recipe.load(method, [f"lora_model_dir={tmp_path}", "samples=5"]))
        assert {key: getattr(made, key) for key in ANSWERING} == {**before, "samples": 5}

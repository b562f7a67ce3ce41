"""TRL's GRPO and DPO trainers, given the token ids that serving sends, with a watch on every step.

GRPO: Shao et al. 2024 (https://arxiv.org/abs/2402.03300). DPO: Rafailov et al. 2023 (https://arxiv.org/abs/2305.18290).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trl import DPOTrainer, GRPOTrainer

from sqlkit.train.trainer import Watched


class PolicyTrainer(Watched, GRPOTrainer):  # type: ignore[misc]
    """Prompts come as text of which `ids` knows the tokens. TRL would render them itself, with thinking on where a model can
    think, or tokenise them with a second beginning token."""

    ids: Mapping[str, list[int]]

    def _tokenize_prompts(self, prompts: list[str]) -> tuple[list[list[int]], None, dict[str, Any]]:
        return [self.ids[text] for text in prompts], None, {}


class PreferenceTrainer(Watched, DPOTrainer):  # type: ignore[misc]
    """Rows come as `prompt_ids`, `chosen_ids` and `rejected_ids`. TRL would tokenise prompt and answer as one text, in which a
    token may reach over the seam."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset

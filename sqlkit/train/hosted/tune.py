"""`sqlkit train --provider`: from built pairs to a model at OpenAI or Azure OpenAI."""

from __future__ import annotations

import os
from pathlib import Path

from sqlkit.errors import RecipeError
from sqlkit.model.service import OPENAI, Service
from sqlkit.recipe import Recipe
from sqlkit.train.hosted.job import Job, Tell
from sqlkit.train.hosted.rows import Training, prepare
from sqlkit.train.hosted.state import Hosted, resume

AZURE_VERSION = "2024-10-21"


def tune(recipe: Recipe, pairs: Path, out: Path, *, tell: Tell, every: float = 10.0, service: Service | None = None) -> Hosted:
    """Tune a recipe's base at its provider on a folder of pairs; the same folder `out` again goes on where it stopped.

    tell: takes a line about what happens. every: seconds between two looks at the job. Raises RecipeError for settings that do
    not go together, InputError for pairs that a provider would refuse (with their lines), RunError for what happens there.
    """
    address = where(recipe)
    azure = recipe.provider == "azure"
    training = prepare(pairs / "pairs.jsonl", out, bom=azure)
    epochs = max(1, round(recipe.num_train_epochs))
    tell(told(recipe, training, epochs, address))
    state = resume(out, Hosted(address, recipe.base_model, training.sha256, epochs, recipe.suffix))
    held = service or Service(address)
    try:
        return Job(held, state, training, out, azure=azure, tell=tell, every=every).run()
    finally:
        held.close()


def where(recipe: Recipe) -> str:
    """The provider's address. Raises RecipeError when it, or a model that it could tune, is not given."""
    if recipe.base_model == "embedded":
        raise RecipeError(f"base_model: name a model that {recipe.provider} tunes, as in --base-model gpt-4.1-mini-2025-04-14")
    if recipe.cost_limit and not recipe.training_price:
        raise RecipeError("cost_limit needs training_price, for a million tokens of training")
    if recipe.provider == "openai":
        return recipe.provider_url or os.environ.get("OPENAI_BASE_URL", "") or OPENAI
    found = recipe.provider_url or os.environ.get("AZURE_OPENAI_ENDPOINT", "")
    if not found:
        raise RecipeError("provider_url: azure needs the address of your resource, https://NAME.openai.azure.com (or AZURE_OPENAI_ENDPOINT)")
    return found if "api-version=" in found else f"{found.rstrip('/')}?api-version={recipe.api_version or AZURE_VERSION}"


def told(recipe: Recipe, training: Training, epochs: int, address: str) -> str:
    """What will be sent where and about what it costs. Raises RecipeError when that is more than `cost_limit`."""
    line = f"{training.rows} pairs, about {training.tokens:,} tokens (estimated), {epochs} epochs, to {address}"
    if not recipe.training_price:
        return line + "; cost unknown without --set training_price=..."
    cost = training.tokens * epochs * recipe.training_price / 1e6
    if recipe.cost_limit and cost > recipe.cost_limit:
        raise RecipeError(f"training would cost about {cost:.2f}, cost_limit is {recipe.cost_limit:g}; nothing was sent")
    return f"{line}: about {cost:.2f}"


def advice(state: Hosted, recipe: Recipe) -> str:
    """What to do with the finished model."""
    if recipe.provider == "openai":
        return f"judge it with: sqlkit eval --base-model '{state.address}#{state.model_id}' --questions FILE --database URL"
    return (
        f"deploy {state.model_id} in Azure under a name of yours (portal, or: az cognitiveservices account deployment create), then judge it "
        f"with: sqlkit eval --base-model '{state.address}#YOUR-DEPLOYMENT' --questions FILE --database URL"
    )

"""Load a model and have it answer."""

from sqlkit.model.types import Generation, Model

__all__ = ["Generation", "Model"]

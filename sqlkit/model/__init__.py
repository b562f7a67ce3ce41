"""Load a model and have it answer."""

import logging

from sqlkit.model.types import Generation, Model

__all__ = ["Generation", "Model"]

# it looks for an optional kernel on the model hub when it is imported, and says so on every start
logging.getLogger("bitsandbytes").setLevel(logging.CRITICAL)

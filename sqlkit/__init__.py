"""sqlkit: make a model that answers questions over your database, and prove that it does."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"
# name -> module; loaded when first used, so that `import sqlkit` stays quick
_PUBLIC = {
    "Context": "sqlkit.prompt",
    "Example": "sqlkit.records",
    "Glossary": "sqlkit.schema.glossary",
    "Grade": "sqlkit.records",
    "Prediction": "sqlkit.records",
    "Prompt": "sqlkit.records",
    "QueryEngine": "sqlkit.query.engine",
    "Recipe": "sqlkit.recipe",
    "Result": "sqlkit.records",
    "Sandbox": "sqlkit.database",
    "Schema": "sqlkit.schema.types",
    "SqlkitError": "sqlkit.errors",
    "build": "sqlkit.data.build",
    "grade": "sqlkit.evaluate.grade",
    "load_model": "sqlkit.model.huggingface",
    "read_schema": "sqlkit.schema.read",
    "render": "sqlkit.prompt",
}
__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'sqlkit' has no attribute {name!r}")

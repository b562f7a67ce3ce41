"""Schemas: what a database holds and what people call it."""

from sqlkit.schema.glossary import Glossary, load_glossary
from sqlkit.schema.types import Column, ForeignKey, Schema, Table

__all__ = ["Column", "ForeignKey", "Glossary", "Schema", "Table", "load_glossary"]

"""Schemas: what a database holds and what people call it."""

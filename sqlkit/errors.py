"""Everything sqlkit raises on purpose.

A model's mistakes are values (see `records.Result`, `records.Grade`); a user's mistakes are these exceptions.
The command line prints one line and exits 2.

SqlkitError
├── InputError          a file, line or value the user gave cannot be used
│   ├── RecipeError     an unknown key, a wrong type, a missing value in a recipe
│   ├── SchemaError     a schema that cannot be read or is empty
│   ├── DatabaseError   a database that is missing, unreadable or refuses the connection
│   └── LeakError       training questions that resemble held-out ones; the only one of several lines: the pairs
├── AdapterError        an adapter that does not belong to this base, prompt or tokenizer
├── MissingExtra        an optional package is not installed
└── RunError            a run that cannot go on: no disk space, a folder of another run
    └── TrainingError   settings that this base and machine cannot be trained with: out of memory, a loss that is no number
"""

from __future__ import annotations


class SqlkitError(Exception):
    """One line: what is wrong and what to do."""


class InputError(SqlkitError):
    """A file, line or value the user gave cannot be used."""


class RecipeError(InputError):
    """An unknown key, a wrong type or a missing value in a recipe."""


class SchemaError(InputError):
    """A schema that cannot be read or is empty."""


class DatabaseError(InputError):
    """A database that is missing, unreadable or refuses the connection."""


class LeakError(InputError):
    """Training questions that resemble held-out ones; a line for each pair."""


class AdapterError(SqlkitError):
    """An adapter that does not belong to this base, prompt or tokenizer."""


class MissingExtra(SqlkitError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed: pip install 'sqlkit[{extra}]'")


class RunError(SqlkitError):
    """A run that cannot go on: no disk space, a folder of another run."""


class TrainingError(RunError):
    """Settings that this base and machine cannot be trained with: out of memory, a loss that is no number, or jumps."""

"""Run SQL safely: the sandbox, and databases made from DDL and rows."""

from sqlkit.database.build import build_database
from sqlkit.database.sandbox import Sandbox, open_sandbox

__all__ = ["Sandbox", "build_database", "open_sandbox"]

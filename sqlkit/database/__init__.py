"""Run SQL safely: the sandbox, databases made from DDL and rows, databases populated to tell a gold from its neighbours."""

from sqlkit.database.build import build_database
from sqlkit.database.populated import PopulatedSandbox
from sqlkit.database.sandbox import Sandbox, open_sandbox
from sqlkit.database.suite import Suite, build_suite

__all__ = ["PopulatedSandbox", "Sandbox", "Suite", "build_database", "build_suite", "open_sandbox"]

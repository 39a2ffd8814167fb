"""The canonical tables: what each column means, and what a row must satisfy."""

from tierwise.tables.problems import Problem, Severity
from tierwise.tables.schema import TABLES, Column, Kind, Table

__all__ = ["TABLES", "Column", "Kind", "Problem", "Severity", "Table"]

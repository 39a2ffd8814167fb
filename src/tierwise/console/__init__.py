"""The console: what people see of tierwise in a browser. Faces only, no arithmetic."""

from tierwise.console.app import mount

__all__ = ["mount"]

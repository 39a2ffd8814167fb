"""The HTTP interface: JSON under /api/v1, described by OpenAPI."""

from tierwise.api.live import mount_live
from tierwise.api.routes import VERSION, mount

__all__ = ["VERSION", "mount", "mount_live"]

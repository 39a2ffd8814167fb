"""Webhooks come over the live API."""

from tests.api.conftest import api, live, published, served

__all__ = ["api", "live", "published", "served"]

"""Helpdesks: from what they send to what the router is told. One file each, all pure."""

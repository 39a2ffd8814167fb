"""Staffing: how many agents it takes, by formula and by shift."""

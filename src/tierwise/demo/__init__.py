"""Demo data made from a seed."""

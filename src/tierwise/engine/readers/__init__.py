"""Readers: each brings one kind of source to rows that DuckDB can select from."""

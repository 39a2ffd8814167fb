"""The operational state: PostgreSQL, its tables, and what is published into it."""

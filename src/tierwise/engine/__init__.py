"""The shell around files and databases: read, judge, execute, keep."""

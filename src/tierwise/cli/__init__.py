"""The command line: reads what was asked, calls a workflow, draws the answer."""

import time

STARTED = time.perf_counter()
"""Taken before anything heavy is imported: the user waits for that too."""

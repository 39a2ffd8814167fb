"""Report: one page of HTML that says what a build shows, to read on a screen and on A4.

It asks the desk and lays out what the desk answers; it computes no figure.
"""

from tierwise.report.render import render, write

__all__ = ["render", "write"]

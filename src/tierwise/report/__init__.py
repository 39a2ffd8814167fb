"""Report: one page of HTML that says what a build shows, to read on a screen and on A4.

It asks the desk and lays out what the desk answers; it computes no figure.
"""

from tierwise.report.render import render, write
from tierwise.report.simulation import render_simulation

__all__ = ["render", "render_simulation", "write"]

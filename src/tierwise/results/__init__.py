"""What every question answers with: figures, grids and their context.

One shape for all answers keeps the faces thin: the command line, the report and
the console each know how to draw a `Figure` and a `Grid`, and nothing else.
"""

from tierwise.results.answer import LISTED, Answer, Column, Context, Figure, Grid

__all__ = ["LISTED", "Answer", "Column", "Context", "Figure", "Grid"]

"""A bar with the time that remains, on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tierwise.cli.screen import say


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar where somebody looks; in a file or a pipe one line every tenth."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _in_words(what)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _in_words(what: str) -> Callable[[int, int], None]:
    import time

    began, said = time.monotonic(), [0]

    def tell(done: int, total: int) -> None:
        tenth = 10 * done // total
        if tenth > said[0] and done < total:
            said[0] = tenth
            left = (time.monotonic() - began) / done * (total - done)
            say(f"{what}: {done} of {total}, about {left:.0f} s remain.")

    return tell

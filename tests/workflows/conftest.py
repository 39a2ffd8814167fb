"""The command line run in this process, as its entry point runs it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO

import pytest

from tierwise.cli import main as entry


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended."""

    exit_code: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `tierwise` with arguments; stdin is empty and no terminal."""

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["tierwise", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", StringIO(""))
        capfd.readouterr()
        code = 0
        try:
            entry.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        sys.stdout.flush()
        printed = capfd.readouterr()
        return Done(code, printed.out, printed.err)

    return call

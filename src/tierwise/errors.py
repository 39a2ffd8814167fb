"""Every error tierwise raises on purpose, in one tree.

TierwiseError
├── UsageError            the command or a parameter is wrong           (exit 2)
│   ├── NotFoundError     a project, build or customer that is not there (exit 2)
│   ├── SettingsError     tierwise.toml says something impossible       (exit 2)
│   └── ConflictError     somebody was faster, or it comes too late     (exit 2)
├── DataError             the data cannot give a truthful answer        (exit 1)
│   ├── SourceError       a source cannot be opened or read
│   ├── RefusedError      the figure exists, printing it would mislead
│   ├── MissingDataError  a table or column that this question needs
│   │   └── EmptyWindowError  nothing happened in the window, or not in the slice
│   └── FitError          a model was not, or cannot be, fitted to the data
│       └── EdgeError     its likelihood grows towards zero or infinity without end
├── BuildError            a build could not be written or read back     (exit 1)
└── StoreError            the operational store does not answer as it should (exit 1)
    └── UpgradeNeededError its tables are older than this program
"""

from __future__ import annotations


class TierwiseError(Exception):
    """What was found, where, and what to do next.

    `message` says what was found and where; `remedy` is the way out, in the
    imperative. Faces print both and exit with `exit_code`.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class UsageError(TierwiseError):
    """The command or one of its parameters is wrong."""

    exit_code = 2


class NotFoundError(UsageError):
    """A project, build or customer of this name is not there."""


class SettingsError(UsageError):
    """tierwise.toml is missing, unreadable, or says something impossible."""


class DataError(TierwiseError):
    """The data cannot give a truthful answer."""


class SourceError(DataError):
    """A source cannot be opened or read."""


class RefusedError(DataError):
    """The figure could be computed, but printing it would mislead."""


class MissingDataError(DataError):
    """A table or a column that this question needs is not there."""


class EmptyWindowError(MissingDataError):
    """Nothing of what a question is about happened in its window, or not in its slice.

    `table` is the canonical table that it would have happened in.
    """

    def __init__(self, message: str, remedy: str = "", table: str = "order_lines") -> None:
        super().__init__(message, remedy)
        self.table = table


class FitError(DataError):
    """A model cannot be fitted to these data, so none of its figures is given."""


class EdgeError(FitError):
    """The likelihood grows without end towards zero or infinity: a simpler model says the same."""


class BuildError(TierwiseError):
    """A build could not be written, or what was found is not a whole build."""


class StoreError(TierwiseError):
    """The operational store cannot be reached, is too old, or refused what was asked."""


class ConflictError(UsageError):
    """Somebody was faster, or what is asked for comes too late; nothing changed."""


class UpgradeNeededError(StoreError):
    """The tables of the operational store are older than this program."""

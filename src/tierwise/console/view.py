"""What the address bar says: every bit of state the console has.

A link reproduces what its sender saw, and any worker can answer it, because
nothing about a reader is kept on the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tierwise.errors import UsageError
from tierwise.settings import Lens, Window
from tierwise.tiers.selecting import is_selector
from tierwise.workflows.value import Question

SHARED = ("project", "build", "as_of", "lens", "window", "rule", "basis", "goal")
"""Parameters that every link keeps; `where` is kept too and may occur several times."""


@dataclass(frozen=True, slots=True)
class View:
    """One address, taken apart."""

    path: str
    query: Mapping[str, str]
    where: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """A query parameter, or `default` where it is missing or empty."""
        return self.query.get(name) or default

    @property
    def project(self) -> str:
        """Key of the project; empty for the first one."""
        return self.get("project")

    @property
    def build(self) -> str:
        """Id or as-of date of the build; empty for the newest."""
        return self.get("build") or self.get("as_of")

    @property
    def search(self) -> str:
        """The query of this address, which `read_view` takes apart again."""
        pairs = [*self.query.items(), *(("where", "=".join(pair)) for pair in self.where)]
        return f"?{urlencode(pairs)}" if pairs else ""

    def of_build(self, build: str) -> View:
        """The same address with the build named, so that links from it keep their meaning."""
        rest = {name: value for name, value in self.query.items() if name != "as_of"}
        return replace(self, query={**rest, "build": build})

    def question(self) -> Question:
        """The question this address asks; UsageError names the parameter that cannot be read."""
        return Question(
            lens=_read_lens(self.get("lens")),
            window=_read_window(self.get("window")),
            where=self.where,
        )

    def href(self, path: str, **own: str) -> str:
        """Address of another page about the same question, with that page's own parameters."""
        kept = [(name, self.query[name]) for name in SHARED if self.query.get(name)]
        kept += [("where", "=".join(pair)) for pair in self.where]
        kept += [(name, value) for name, value in own.items() if value]
        return f"{path}?{urlencode(kept)}" if kept else path

    def opens(self, selector: str) -> str:
        """Address of the rows behind a figure; empty when it has none."""
        if not selector or selector.startswith("/"):
            return self.href(selector) if selector else ""
        if selector.startswith("customer:"):
            return self.href("/customer", id=selector.removeprefix("customer:"))
        if is_selector(selector):
            return self.href("/tiers/members", tier=selector.removeprefix("tier:"))
        return self.href("/members", select=selector)


def read_view(path: str | None, search: str | None) -> View:
    """Take an address apart; what nobody asked for is ignored."""
    pairs = parse_qsl((search or "").lstrip("?"), keep_blank_values=False)
    where = tuple(_read_where(value) for name, value in pairs if name == "where")
    query = {name: value for name, value in pairs if name != "where"}
    return View(path=(path or "/").rstrip("/") or "/", query=query, where=where)


def _read_where(text: str) -> tuple[str, str]:
    dimension, sign, value = text.partition("=")
    if not sign:
        raise UsageError(f'where says "{text}".', "Write it as where=country=France.")
    return dimension, value


def _read_lens(text: str) -> Lens | None:
    if not text:
        return None
    try:
        return Lens(text)
    except ValueError:
        raise UsageError(f'lens says "{text}".', f"Use one of {_listed(Lens)}.") from None


def _read_window(text: str) -> Window | None:
    if not text:
        return None
    try:
        return Window.parse(text)
    except ValueError as error:
        raise UsageError(f"window: {error}.", "Pick a window from the list.") from None


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(str(name) for name in names)

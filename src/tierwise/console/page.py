"""What a page is: an address and a function from a desk and a view to components."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dash import Dash
from dash.development.base_component import Component

from tierwise.console.view import View
from tierwise.errors import TierwiseError
from tierwise.results import Context
from tierwise.workflows.value import Desk

if TYPE_CHECKING:
    from tierwise.engine.project import ProjectFolder
    from tierwise.workflows.live import Live

OpenDesk = Callable[[str, str], Desk]
"""From a project's key and a build's id or as-of date ("" for the default one) to a desk."""


@dataclass(frozen=True, slots=True)
class Content:
    """A filled page and what it stands on."""

    context: Context | None  # None: told when the body, which takes a while, is there
    body: Component
    title: str = ""  # instead of the page's own


@dataclass(frozen=True, slots=True)
class House:
    """What the console is given: the projects it serves and the way to their figures."""

    projects: Mapping[str, ProjectFolder]
    open_desk: OpenDesk
    live: Mapping[str, Live] = field(default_factory=dict)  # projects whose router runs here

    def key(self, view: View) -> str:
        """Key of the project that a view is about; the first one when it names none."""
        return view.project or next(iter(self.projects), "")

    def desk(self, view: View) -> Desk:
        """The desk that answers a view."""
        return self.open_desk(self.key(view), view.build)

    def pinned(self, view: View) -> View:
        """The view with the build named that answers it, where there is one."""
        try:
            return view.of_build(self.desk(view).build.id)
        except TierwiseError:
            return view


def _no_callbacks(app: Dash, house: House) -> None:
    """Most pages are a function of the address and need no callback of their own."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the console."""

    path: str
    title: str
    fill: Callable[[Desk, View], Content]
    section: str = ""  # entry of the navigation that is marked; "" when it is on none
    tab: str = ""  # label among the tabs of its section
    connect: Callable[[Dash, House], None] = _no_callbacks
    ignores: tuple[str, ...] = ()  # pickers without a meaning here: lens, window, slice

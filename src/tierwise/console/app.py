"""Puts the console together and hangs it onto a FastAPI server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from dash import Dash
from fastapi import FastAPI
from starlette.middleware.base import RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.status import HTTP_200_OK, HTTP_404_NOT_FOUND

from tierwise.console import router
from tierwise.console.page import House, OpenDesk
from tierwise.console.pages import PAGES
from tierwise.console.pickers import ignored_by_path
from tierwise.console.shell import shell

if TYPE_CHECKING:
    from tierwise.engine.project import ProjectFolder
    from tierwise.workflows.live import Live

_OTHERS = ("/card/", "/sign-in")
"""Pages that are not the console's."""

Middleware = Callable[[Request, RequestResponseEndpoint], Awaitable[Response]]

_INDEX = """<!DOCTYPE html>
<html lang="en" data-mantine-color-scheme="light">
<head>
{%metas%}
<title>{%title%}</title>
{%favicon%}
{%css%}
<script>
  try {
    const kept = localStorage.getItem("mantine-color-scheme-value");
    const wished = matchMedia("(prefers-color-scheme: dark)").matches;
    const dark = kept === "dark" || (kept !== "light" && wished);
    document.documentElement.dataset.mantineColorScheme = dark ? "dark" : "light";
  } catch (error) { /* a browser that keeps nothing starts light */ }
</script>
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""


def mount(
    server: FastAPI,
    projects: Mapping[str, ProjectFolder],
    open_desk: OpenDesk,
    live: Mapping[str, Live] = MappingProxyType({}),
) -> Dash:
    """Serve the console from `server`; `projects` by key, the first one is shown first.

    `live` has those projects whose router runs here.
    """
    app = Dash(
        __name__,
        server=cast(Any, server),  # typed for Flask alone
        pages_folder="",
        title="tierwise",
        update_title="",
        index_string=_INDEX,
        compress=True,
        suppress_callback_exceptions=True,
        add_log_handler=False,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    _close_sockets(app, server)
    house = House(projects, open_desk, live)
    app.layout = shell(
        ((key, project.name) for key, project in projects.items()), ignored_by_path(PAGES)
    )
    router.connect(app, house, PAGES)
    for page in PAGES:
        page.connect(app, house)
    server.middleware("http")(_tells_unknown_pages({page.path for page in PAGES}))
    # Otherwise a first request for anything but / would find nothing set up.
    app._setup_server()  # type: ignore[no-untyped-call]
    return app


def _tells_unknown_pages(known: Collection[str]) -> Middleware:
    """Pages that do not exist answer 404 with the console around the words that say so."""

    async def tell(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        path = request.url.path.rstrip("/") or "/"
        page = response.headers.get("content-type", "").startswith("text/html")
        elsewhere = path in known or path.startswith(_OTHERS)
        if page and response.status_code == HTTP_200_OK and not elsewhere:
            response.status_code = HTTP_404_NOT_FOUND
        return response

    return tell


def _close_sockets(app: Dash, server: FastAPI) -> None:
    """Leave out the callbacks by WebSocket: nothing here uses them, and they bypass middleware."""
    app.backend.websocket_capability = False
    server.router.routes[:] = [
        route
        for route in server.router.routes
        if not getattr(route, "path", "").endswith("_dash-ws-callback")
    ]

"""For whoever operates this process: does it live, is it ready, what does it count."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse

from tierwise.api.live.access import Access
from tierwise.workflows.keys import Scope
from tierwise.workflows.live import Live

_GAUGES = {
    "tierwise_contacts": "Open contacts by pool and state.",
    "tierwise_contacts_stuck": "Queued contacts that need more room than any known agent has.",
    "tierwise_longest_wait_seconds": "Longest wait of a queued contact.",
    "tierwise_agents": "Agents by pool and presence.",
    "tierwise_deliveries": "Requests to other systems that are due or were given up.",
    "tierwise_listeners": "Open event streams of this process.",
    "tierwise_sweep_age_seconds": "Since this process settled every pool.",
}
Samples = list[tuple[str, dict[str, str], float]]


def add_health(server: FastAPI, live: Live, access: Access) -> None:
    """Add the routes, which stand outside the versioned API."""

    @server.get("/health/live", include_in_schema=False)
    def alive() -> JSONResponse:
        """200 while the process does its work, 503 once it should be started anew."""
        well = live.sweeper.alive
        status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse({"status": "ok" if well else "stopped"}, status)

    @server.get("/health/ready", include_in_schema=False)
    def ready() -> JSONResponse:
        """200 while the database answers and pools are settled, else 503 with the reason."""
        live.require_ready()
        return JSONResponse({"status": "ok"})

    @server.get(
        "/metrics", include_in_schema=False, dependencies=[Depends(access.needs(Scope.WATCH))]
    )
    def metrics() -> PlainTextResponse:
        """Gauges in the text format of Prometheus."""
        return PlainTextResponse(
            "".join(_lines(_samples(live))), media_type="text/plain; version=0.0.4; charset=utf-8"
        )


def _samples(live: Live) -> Samples:
    counts = live.counts()
    found: Samples = []
    for row in counts["contacts"]:
        pool = {"pool": row["pool"]}
        found.append(("tierwise_contacts", pool | {"state": row["state"]}, row["n"]))
        if row["state"] == "queued":
            found.append(("tierwise_longest_wait_seconds", pool, row["longest_s"]))
    for name, heavy in live.stuck().items():
        number = sum(one.contacts for one in heavy)
        found.append(("tierwise_contacts_stuck", {"pool": name}, number))
    for row in counts["agents"]:
        labels = {"pool": row["pool"], "presence": row["presence"]}
        found.append(("tierwise_agents", labels, row["n"]))
    for row in counts["deliveries"]:
        labels = {"destination": row["destination"], "state": row["state"]}
        found.append(("tierwise_deliveries", labels, row["n"]))
    found.append(("tierwise_listeners", {}, live.feed.listeners))
    found.append(("tierwise_sweep_age_seconds", {}, round(live.sweeper.age_s, 3)))
    return found


def _lines(samples: Samples) -> Iterator[str]:
    for name, says in _GAUGES.items():
        yield f"# HELP {name} {says}\n# TYPE {name} gauge\n"
        for _, labels, value in (one for one in samples if one[0] == name):
            inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            yield f"{name}{{{inner}}} {value}\n" if inner else f"{name} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

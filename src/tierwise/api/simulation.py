"""Simulations over HTTP: a scenario in, progress line by line, then the answer."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from tierwise.api.streaming import Line, told

LONGEST = 2_000_000
"""Characters of a scenario."""


class SimulationRequest(BaseModel):
    """What to simulate."""

    scenario: str = Field(max_length=LONGEST, description="Text of a scenario file (TOML)")
    replications: int | None = Field(None, ge=2, le=1000, description="unset: as it says")
    seed: int | None = Field(None, ge=0, description="unset: as it says")


def add_simulation(router: APIRouter, today: Callable[[str], date]) -> None:
    """Add the route."""

    @router.post("/simulate", response_class=StreamingResponse)
    def start_simulation(wanted: SimulationRequest) -> StreamingResponse:
        """Simulate, and tell lines of JSON: `done` of `total`, then `answer` or `problem`.

        It runs in a thread whose loop lets go of the interpreter, so the server goes on.
        """

        def work(put: Callable[[Line], None]) -> Line:
            from tierwise.workflows.simulate import simulate_text

            found = simulate_text(
                wanted.scenario,
                today=today("UTC"),  # a scenario is of no place
                seed=wanted.seed,
                replications=wanted.replications,
                workers=max((os.cpu_count() or 1) - 1, 1),  # somebody has to answer others
                progress=lambda done, total: put({"done": done, "total": total}),
            )
            return {"answer": found.to_json()}

        return StreamingResponse(
            told(work, "simulation"),
            media_type="application/x-ndjson",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

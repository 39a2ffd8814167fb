"""The routes of version 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

from tierwise.api.problems import Problem, handle_errors, problem
from tierwise.api.questions import QUESTIONS, Details
from tierwise.api.simulation import add_simulation
from tierwise.api.streaming import told
from tierwise.api.tier_questions import TIER_QUESTIONS, TierDetails
from tierwise.errors import NotFoundError, UsageError
from tierwise.settings import Lens, Period, TierBasis, TierRule
from tierwise.workflows.build import build, builds_of
from tierwise.workflows.question import Question, asked
from tierwise.workflows.tiers import Asked
from tierwise.workflows.value import Desk

if TYPE_CHECKING:
    from tierwise.engine.builds import Build
    from tierwise.engine.project import ProjectFolder

VERSION = version("tierwise")
OpenDesk = Callable[[str, str], Desk]
CurrentSnapshot = Callable[[str], dict[str, Any]]

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {"application/problem+json": {}}}
    for status in (400, 404, 409, 422, 503)
}


class Health(BaseModel):
    """The server is up."""

    status: str
    version: str


class ProjectEntry(BaseModel):
    """A project that is served."""

    key: str = Field(description="Name in addresses")
    name: str
    currency: str
    builds: int


class BuildEntry(BaseModel):
    """One build of a project."""

    id: str
    as_of: date


class PublishedTier(BaseModel):
    """One tier of a snapshot."""

    name: str
    number: int = Field(description="1 is the best")
    customers: int


class PublishedSnapshot(BaseModel):
    """The snapshot that operations go by."""

    snapshot_id: int
    project: str
    build_id: str
    as_of: date
    goal: str
    lens: str
    window: str
    rule: str
    basis: str
    tiers: list[PublishedTier]
    customers: int
    checksum: str = Field(description="SHA-256 of the rows as they were sent")
    code_version: str
    published_by: str
    published_at: datetime
    replaced_id: int | None = Field(description="what was current before")


class BuildRequest(BaseModel):
    """What to build."""

    as_of: date | None = Field(
        None, description="Nothing dated later is read; unset: the project's own"
    )


QuestionName = StrEnum(  # type: ignore[misc]  # the members are the keys of QUESTIONS
    "QuestionName", {name.replace("-", "_"): name for name in QUESTIONS}
)


TierQuestionName = StrEnum(  # type: ignore[misc]  # the members are the keys of TIER_QUESTIONS
    "TierQuestionName", {name: name for name in TIER_QUESTIONS}
)


def _ask(
    lens: Lens | None = None,
    window: str | None = Query(None, pattern=r"^(all|\d{1,3}[my])$", examples=["12m"]),
    where: list[str] | None = Query(None, description="dimension=value, repeatable"),
) -> Question:
    return asked(lens, window, where)


def _details(
    top_n: list[Annotated[int, Field(ge=1)]] | None = Query(
        None, description="list lengths of the concentration table"
    ),
    by: str = Query("", description="dimension to slice by"),
    text: str = Query("", description="belief to check, such as 80:20"),
    id: str = Query("", description="customer"),
    select: str = Query("", description="members to list, such as rank:1-40"),
    limit: int = Query(1000, ge=1, le=100_000),
    period: Period = Query(Period.QUARTER, description="of cohorts"),
) -> Details:
    return Details(tuple(top_n or ()), by, text, id, select, limit, period)


def _asked_of_tiers(
    goal: str = Query("", description="the goal they serve, where none is declared"),
    rule: TierRule | None = Query(None, description="how to cut; unset: as the project says"),
    basis: TierBasis | None = Query(None, description="which value; unset: as the project says"),
) -> Asked:
    return Asked(goal, rule, basis)


def mount(
    server: FastAPI,
    projects: Mapping[str, ProjectFolder],
    open_desk: OpenDesk,
    today: Callable[[str], date],
    current_snapshot: CurrentSnapshot,
) -> None:
    """Add the routes and the error documents to `server`."""
    router = APIRouter(prefix="/api/v1", responses=_PROBLEMS)
    _add_lists(router, projects)
    _add_build(router, projects, today)
    _add_value(router, open_desk)
    _add_tiers(router, open_desk)
    add_simulation(router, today)
    _add_published(router, projects, current_snapshot)
    server.include_router(router)
    handle_errors(server)

    @server.api_route("/api/{rest:path}", methods=["GET", "POST"], include_in_schema=False)
    async def unknown(rest: str) -> JSONResponse:
        return problem(
            HTTPStatus.NOT_FOUND, f"Nothing is at /api/{rest}.", "See /api/v1/openapi.json."
        )


def _find(projects: Mapping[str, ProjectFolder], key: str) -> ProjectFolder:
    if key not in projects:
        raise NotFoundError(
            f'There is no project "{key}".', f"Served are: {', '.join(projects) or 'none'}."
        )
    return projects[key]


def _entry(found: Build) -> BuildEntry:
    return BuildEntry(id=found.id, as_of=found.as_of)


def _add_lists(router: APIRouter, projects: Mapping[str, ProjectFolder]) -> None:
    @router.get("/health")
    def health() -> Health:
        """Say that the server is up."""
        return Health(status="ok", version=VERSION)

    @router.get("/projects")
    def list_projects() -> list[ProjectEntry]:
        """List the projects that are served."""
        return [
            ProjectEntry(
                key=key,
                name=project.name,
                currency=project.settings.project.currency,
                builds=len(builds_of(project)),
            )
            for key, project in projects.items()
        ]

    @router.get("/projects/{project}/builds")
    def list_project_builds(project: str) -> list[BuildEntry]:
        """List the builds of a project, the newest first."""
        return [_entry(found) for found in builds_of(_find(projects, project))]


def _add_value(router: APIRouter, open_desk: OpenDesk) -> None:
    @router.get("/projects/{project}/value/{question}", response_model=None)
    def ask(
        project: str,
        question: QuestionName,
        asked: Annotated[Question, Depends(_ask)],
        details: Annotated[Details, Depends(_details)],
        build: str = "",
        as_of: date | None = None,
    ) -> dict[str, Any]:
        """Answer one question about value: shares as 0..1, money as numbers, dates as ISO text."""
        desk = open_desk(project, build or (as_of.isoformat() if as_of else ""))
        return QUESTIONS[question](desk, asked, details).to_json()


def _add_tiers(router: APIRouter, open_desk: OpenDesk) -> None:
    @router.get("/projects/{project}/tiers/{question}", response_model=None)
    def ask(
        project: str,
        question: TierQuestionName,
        asked: Annotated[Question, Depends(_ask)],
        otherwise: Annotated[Asked, Depends(_asked_of_tiers)],
        by: str = Query("", description="dimension of contexts, such as channel"),
        id: str = Query("", description="customer to explain"),
        tier: str = Query("", description="tier to list; unset: all"),
        limit: int = Query(1000, ge=1, le=100_000),
        review_months: int | None = Query(None, ge=1, le=24, description="of the backtest"),
        build: str = "",
        as_of: date | None = None,
    ) -> dict[str, Any]:
        """Answer one question about tiers: shares as 0..1, money as numbers, dates as ISO text."""
        desk = open_desk(project, build or (as_of.isoformat() if as_of else "")).tiers
        details = TierDetails(by, id, tier, limit, review_months)
        return TIER_QUESTIONS[question](desk, asked, otherwise, details).to_json()


def _add_published(
    router: APIRouter, projects: Mapping[str, ProjectFolder], current_snapshot: CurrentSnapshot
) -> None:
    @router.get("/published")
    def published(
        project: str = Query("", description="unset: the only one that is served"),
    ) -> PublishedSnapshot:
        """Say what is published: the snapshot that operations go by at this moment."""
        if not project and len(projects) != 1:
            listed = ", ".join(projects) or "none"
            raise UsageError(f"Served are: {listed}.", "Say which with ?project=NAME.")
        key = project or next(iter(projects))
        _find(projects, key)
        return PublishedSnapshot(**current_snapshot(key))


def _add_build(
    router: APIRouter, projects: Mapping[str, ProjectFolder], today: Callable[[str], date]
) -> None:
    @router.post("/projects/{project}/builds", response_class=StreamingResponse)
    def start_build(project: str, wanted: BuildRequest) -> StreamingResponse:
        """Build, and tell the progress line by line as JSON: `progress`, then `build` or `problem`.

        The build goes on when the reader leaves; whoever lists the builds later finds it.
        """
        folder = _find(projects, project)
        day = today(folder.settings.project.time_zone)

        def made(tell: Callable[[str], None]) -> dict[str, Any]:
            found = build(folder, as_of=wanted.as_of, today=day, tell=tell)
            return _entry(found).model_dump(mode="json")

        return StreamingResponse(
            told(lambda put: {"build": made(lambda text: put({"progress": text}))}, "build"),
            media_type="application/x-ndjson",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

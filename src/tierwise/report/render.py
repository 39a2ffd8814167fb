"""The report as one HTML document: no script, no network, no file beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from tierwise.errors import UsageError
from tierwise.report import quality
from tierwise.report.asking import Asked, ask
from tierwise.report.drawing import AT_NIGHT, warm_up
from tierwise.report.glossary import terms
from tierwise.report.sections import contents
from tierwise.report.summary import cards, sentences
from tierwise.report.titles import basis, facts
from tierwise.workflows.question import Question
from tierwise.workflows.value import Desk


def render(desk: Desk, question: Question) -> str:
    """Answer every question of the report and lay it out as one HTML document.

    What the data cannot give is said in a sentence. Raises UsageError for a
    slice by a dimension that is not there.
    """
    for name, _ in question.where:
        desk.dimension_values(name, 1)
    with ThreadPoolExecutor(1) as beside:
        beside.submit(warm_up)
        asked = ask(desk, question)
    return document(asked, desk.build.manifest)


def document(asked: Asked, manifest: Mapping[str, Any]) -> str:
    """Lay out what was answered as one HTML document; `manifest` is the build's."""
    sections, missing = contents(asked)
    return template("report.html.jinja").render(
        project=asked.context.project,
        context=asked.context,
        facts=facts(asked.context),
        basis=basis(asked.context),
        summary=sentences(asked),
        cards=cards(asked),
        attention=asked.answers["today"].grid("attention").rows if "today" in asked.answers else (),
        sections=sections,
        missing=missing,
        quality=quality.section(manifest),
        terms=terms([*asked.answers.values(), *asked.slices]),
        colours=AT_NIGHT,
    )


def write(path: Path, html: str) -> None:
    """Write the document whole or not at all: beside the old one, then in its place."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(html, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.",
            "Name a file in a folder that you may write to.",
        ) from error


@cache
def template(name: str) -> Template:
    """A template of the report by its file name."""
    environment = Environment(
        loader=PackageLoader("tierwise.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)

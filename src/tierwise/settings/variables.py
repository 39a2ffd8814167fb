"""Variables of the environment within settings: `${NAME}`, and within URLs quoted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def unknown(text: str, environment: Mapping[str, str]) -> list[str]:
    """Variables that a text names and the environment does not have."""
    return [name for name in _VARIABLE.findall(text) if name not in environment]


def filled(text: str, environment: Mapping[str, str]) -> str:
    """A text with each ${NAME} from the environment; KeyError for one that is not there."""
    return _VARIABLE.sub(lambda found: environment[found[1]], text)


def filled_url(url: str, environment: Mapping[str, str]) -> str:
    """A URL with each ${NAME}; for user, password and options quoted as URLs ask.

    Elsewhere a variable may hold several parts, such as host and port, and stays as it is.

    >>> filled_url("postgresql://kim:${WORD}@${PLACE}/a", {"WORD": "p@/", "PLACE": "h:5432"})
    'postgresql://kim:p%40%2F@h:5432/a'
    """
    start = url.find("://") + 3 if "://" in url else 0
    end = url.rfind("@") if "@" in url[start:] else start
    options = url.find("?", end) if "?" in url[end:] else len(url)
    quoted = {name: quote(value, safe="") for name, value in environment.items()}
    return "".join(
        filled(part, values)
        for part, values in (
            (url[:start], environment),
            (url[start:end], quoted),
            (url[end:options], environment),
            (url[options:], quoted),
        )
    )

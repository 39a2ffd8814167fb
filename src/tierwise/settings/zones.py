"""Names of time zones, held to those that are known."""

from __future__ import annotations

import difflib
from zoneinfo import ZoneInfo, available_timezones

UTC = "UTC"


def known_zone(name: str) -> str:
    """The name itself; ValueError with the nearest known names when no zone is called so.

    >>> known_zone("Europe/Berlin")
    'Europe/Berlin'
    """
    if name == UTC:
        return name
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError(f"there is no such time zone.{_nearest(name)}") from None
    return name


def _nearest(name: str) -> str:
    """Names written alike, or those that end in the same city; what an IANA name is, otherwise."""
    known = {zone.casefold(): zone for zone in sorted(available_timezones())}
    wanted = name.strip().casefold().replace(" ", "_")
    city = wanted.rpartition("/")[2]
    found = [zone for folded, zone in known.items() if city and folded.rpartition("/")[2] == city]
    found += [known[near] for near in difflib.get_close_matches(wanted, list(known), 3, 0.6)]
    if not found:
        return " Give an IANA name, such as Europe/Berlin or America/New_York"
    return f" Nearest: {', '.join(dict.fromkeys(found[:3]))}"

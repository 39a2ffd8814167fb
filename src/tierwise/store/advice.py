"""What to do about what PostgreSQL refused, by its SQLSTATE (PostgreSQL manual, appendix A)."""

from __future__ import annotations

import re

BY_STATE = {
    "42501": "Give the user of database_url this right (GRANT), or name a user who has it.",
    "53100": "The server's disk is full: make room there, then try again.",
    "53200": "The server is out of memory: end other work there, then try again.",
    "53300": "All connections are taken: end some, or raise max_connections of the server.",
    "28P01": "Correct user or password in database_url or TIERWISE_DATABASE_URL.",
    "28000": "Let this user and address in (pg_hba.conf of the server), or name another user.",
    "3D000": "Create the database (createdb), or correct its name in database_url.",
    "25006": "The server only reads, as a standby does: name the primary in database_url.",
    "57014": "It took longer than the server allows (statement_timeout): try again, or allow more.",
    "55P03": "Others hold the table: try again when their work is done.",
    "57P01": "The server is being stopped or ended this connection: try again when it is back.",
    "57P02": "The server crashed and starts again: try again, and look into its log.",
    "57P03": "The server is starting or stopping: try again in a moment.",
    "42P01": "A table of tierwise is missing: run tierwise publish, which makes the tables.",
    "42703": "A column of tierwise is missing: run tierwise publish, which upgrades the tables.",
    "22P05": "The database cannot store this text: use one with encoding UTF8.",
}
"""Way out by state."""

BY_CLASS = {
    "08": "The connection was lost: check the network and that the server runs, then try again.",
    "23": "A row does not fit the others, and none was taken: correct the data and build again.",
    "40": "Others changed the same at the same time: try again.",
    "53": "The server has too little of something: look into its log, then try again.",
    "58": "The server's disk or system failed: look into its log.",
    "XX": "The server's data are damaged: look into its log before anything else.",
}
"""Way out by the first two characters of a state."""

LOST = BY_CLASS["08"]
OTHERWISE = "Try again, and look into the server's log."

_SAID = {
    r"password authentication failed|no password supplied": BY_STATE["28P01"],
    r"no pg_hba\.conf entry|role .* does not exist": BY_STATE["28000"],
    r"database .* does not exist": BY_STATE["3D000"],
    r"too many clients|connection slots|too many connections": BY_STATE["53300"],
    r"translate host name|not known|resolve": "Correct the name of the host in database_url.",
    r"starting up|shutting down": BY_STATE["57P03"],
    r"permission denied": BY_STATE["42501"],
    r"connection refused|timeout|timed out|closed|lost|terminat|could not receive": LOST,
}
"""Where a connection was never made the driver has words and no state."""


def advice(state: str | None, said: str) -> str:
    """The way out of an error by its state, else by what was said."""
    if state:
        return BY_STATE.get(state) or BY_CLASS.get(state[:2], OTHERWISE)
    found = (way for words, way in _SAID.items() if re.search(words, said, re.IGNORECASE))
    return next(found, OTHERWISE)

"""`tierwise keys` from making one to its end, over the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tierwise.cli.main import app
from tierwise.errors import NotFoundError, UsageError
from tierwise.workflows import keys
from tierwise.workflows.keys import Scope
from tierwise.workflows.live import Live


@pytest.fixture
def run(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command on a project whose store is the one of the tests."""
    (tmp_path / "tierwise.toml").write_text('[project]\nname = "Shop"\n')
    url = live.store.engine.url.set(drivername="postgresql")
    monkeypatch.setenv("TIERWISE_DATABASE_URL", url.render_as_string(hide_password=False))

    def command(*words: str) -> str:
        found = CliRunner().invoke(app, ["keys", *words, "--project", str(tmp_path)])
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return found.stdout

    return command


def test_a_key_is_made_listed_and_revoked(run, live: Live):
    text = run("add", "--scope", "route", "--scope", "watch", "--name", "pbx").strip()
    key = keys.check(live.store, text)
    assert key is not None
    assert (key.name, key.scopes) == ("pbx", {Scope.ROUTE, Scope.WATCH})
    assert f"{key.key_id}  valid: pbx, may route, watch" in run("list")
    run("revoke", key.key_id)
    assert keys.check(live.store, text) is None
    assert "revoked" in run("list")
    (listed,) = json.loads(run("list", "--json"))
    assert "secret_hash" not in listed
    with pytest.raises(NotFoundError):
        run("revoke", key.key_id)


def test_a_scope_that_there_is_not_is_named(run):
    with pytest.raises(UsageError, match='no scope "all"'):
        run("add", "--scope", "all")


@pytest.mark.parametrize("text", ["", "tw", "tw_", "tw_a_", "tw__b", "TW_a_b", "tw_a\x00_b"])
def test_what_is_no_key_is_none(live: Live, text: str):
    assert keys.check(live.store, text) is None

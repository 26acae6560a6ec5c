"""A web process that has just started: its first requests come at once, from whoever waited for it."""

from pathlib import Path

import pytest

from dashboard import app


def test_nothing_is_filed_any_more_when_the_first_requests_come(
    small_office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = app.create_app()
    monkeypatch.setattr(app, "create_app", lambda: made)
    client = app.server().test_client()
    filed = set(made.callback_map)
    assert any("_pages_content" in one for one in filed)
    assert client.get("/health").status_code == 200
    assert set(made.callback_map) == filed

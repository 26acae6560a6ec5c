"""The interface against its own description: schemathesis calls every operation of a served office, well and badly."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from dashboard.app import create_app
from data import access_tokens, audit, intake
from data.database import reading, writing
from data.received import Received
from data.rights import Held, Person, Role
from data.tables import Alert
from tests.office_in_miniature import fill
from tests.people import person

EXAMPLES = 6
"""Calls of one operation beside those of its bounds; kept small, so that the whole stays under a minute."""
# What no description can say is refused with 422 as well: a domain the office does not have, a time to come.
CONFIG = """
[[operations]]
include-name = "POST /api/v1/alerts"
checks.positive_data_acceptance.expected-statuses = ["2xx", "403", "409", "422"]

[[operations]]
include-name = "POST /api/v1/alerts/{alert_number}/outcome"
parameters = { "path.alert_number" = NUMBER }
"""


@pytest.fixture
def served(small_office: Path) -> Iterator[tuple[str, str]]:
    """Address of a served office on SQLite, and a token with every scope."""
    now = datetime.now(UTC).replace(tzinfo=None)
    fill(now=now, n_alerts=30)
    with writing() as session:
        token = access_tokens.issue(
            session, person("security_admin"), kind="api", name="tried", days=1, at=now,
            scopes=["alerts.read", "alerts.write", "outcomes.write"],
        )  # fmt: skip
    server = make_server("127.0.0.1", 0, create_app().server, threaded=True)
    server.RequestHandlerClass.log_request = lambda *_, **__: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", token
    server.shutdown()
    server.server_close()


def own_alert() -> int:
    """Number of an alert that the system of the token raised, so that it may conclude it."""
    now = datetime.now(UTC).replace(tzinfo=None)
    role = Role("api", "令牌", "Token", frozenset({"alerts.write"}), "region")
    system = Person("token:tried", "tried", "", (Held(role, "", "", None),))
    (taken,) = intake.receive(system, [Received("own", now, "是否属实？", "", "other", "1")], at=now)
    assert taken.id
    return taken.id


@pytest.mark.slow
def test_schemathesis_finds_nothing(served: tuple[str, str], tmp_path: Path) -> None:
    address, token = served
    number = own_alert()
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.replace("NUMBER", str(number)), encoding="utf-8")
    command = [
        str(Path(sys.executable).parent / "st"), "--config-file", str(config), "run", f"{address}/api/v1/openapi.json",
        "-H", f"Authorization: Bearer {token}", "--seed", "1", "--max-examples", str(EXAMPLES), "--no-color",
        "--checks", "all", "--phases", "coverage,fuzzing",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "8 selected / 8 total" in done.stdout
    with reading() as session:
        assert audit.verify(session).n > 100
        assert session.get_one(Alert, number).outcome in ("CX", "EX", "D1"), "no call got as far as a conclusion"

"""An alert of a small office in any state, the people around it, and its page as they see and use it."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dashboard.case import Case, read_case
from dashboard.pages.alert import do, layout
from dashboard.visitor import visiting
from data import database
from data.database import reading, writing
from data.identity_numbers import check_character
from data.rights import Person
from data.tables import Alert, Unit
from tests.office_in_miniature import fill
from tests.people import person

NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
APPROVER = person("approver", code="county.approver", name="县审批")
NUMBER = "99010119680203001" + check_character("99010119680203001")
LEADER = person("leader", code="county.leader", name="县领导")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an office of 60 alerts, a department among its units, to be copied for each test."""
    folder = tmp_path_factory.mktemp("template") / "home"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MINGJING_HOME", str(folder))
        patched.delenv("MINGJING_DATABASE_URL", raising=False)
        database.migrate()
        fill(now=NOW, n_alerts=60)
        department = Unit(code="D1", name="民政局", name_en="Civil affairs", kind="department", region_code="990101")
        with writing() as session:
            session.add(department)
        database.engine().dispose()
    return folder


@pytest.fixture
def filled(template: Path, home: Path) -> Iterator[None]:
    """An office of this test's own."""
    shutil.copytree(template, home)
    yield
    database.engine().dispose()


def written(component: Any) -> str:
    return json.dumps(component, default=lambda c: c.to_plotly_json(), ensure_ascii=False)


def one(status: str, **values: Any) -> int:
    """An alert of the office, brought into a state as if it had come there, with the inspector u1a on it."""
    with writing() as session:
        alert = session.scalars(select(Alert).order_by(Alert.id)).first()
        assert alert is not None
        alert.status, alert.unit_code, alert.outcome, alert.cause = status, "U1", None, None
        alert.assignee = None if status in ("waiting", "dispatched", "accepted") else "u1a"
        alert.recovered, alert.concluded_at, alert.signed_in_at = None, None, NOW
        for name, value in values.items():
            setattr(alert, name, value)
        if status == "waiting":
            alert.unit_code = None
        return alert.id


def inspector(code: str = "u1a") -> Person:
    return person("inspector", unit_code="U1", code=code, name=code)


def view(alert_id: int) -> dict[str, Any]:
    return {"alert": alert_id, "query": {}}


def send(who: Person, alert_id: int, deed: str, version: int | None = None, **fields: object) -> str:
    """The page after a deed as it is posted, and what is in the office."""
    with visiting(who):
        seen = now_of(alert_id).version if version is None else version
        children, onward = do({"deed": deed, "version": seen, "fields": fields}, view(alert_id), "zh")
    return onward or written(children)


def shown(who: Person, alert_id: int, language: str = "zh") -> str:
    with visiting(who):
        return written(layout(str(alert_id), language))


def now_of(alert_id: int) -> Alert:
    with reading() as session:
        return session.get_one(Alert, alert_id)


def case_of(alert_id: int, who: Person, language: str = "zh") -> Case:
    with reading() as session:
        return read_case(session, alert_id, who, language=language, now=NOW)

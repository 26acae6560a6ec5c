"""The audit's page: entries by who, what and about what; the chain verified; the export; every look on record."""

import io
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, text, update

from dashboard.pages.audit import exported, layout, verified
from dashboard.visitor import visiting
from data import audit, identities
from data.database import reading, writing
from data.errors import InputRefused, NotPermitted
from data.identities import remember
from data.people_tables import Account
from data.record_tables import AuditEntry
from data.rights import Person, acting
from data.tables import Alert, AlertEvent
from tests.alert_in_miniature import (  # noqa: F401  (fixtures)
    APPROVER,
    NOW,
    NUMBER,
    filled,
    inspector,
    one,
    template,
    written,
)
from tests.people import person

pytestmark = pytest.mark.usefixtures("filled")
AUDITOR = person("audit_admin", code="audit", name="审计")
REASON = "与当事人当面核对身份"


@pytest.fixture(autouse=True)
def _unmasked(filled: None) -> None:  # noqa: F811
    """Somebody was looked at, and once more without a reason."""
    number, who = one("verifying"), inspector()
    with writing() as session:
        key = session.get_one(Alert, number).subject_key
        remember(session, {key: ("韩小明", NUMBER)})
    with acting(who) as session:
        identities.unmask(session, key, who, at=NOW, reason=REASON, alert_id=number)
    with pytest.raises(InputRefused), acting(who) as session:
        identities.unmask(session, key, who, at=NOW, reason="", alert_id=number)


def seen(who: Person = AUDITOR, **query: Any) -> str:
    with visiting(who):
        return written(layout("zh", **query))


def entries(action: str) -> list[AuditEntry]:
    with reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_who_looked_at_whom_is_found_with_the_reason_and_without_the_identity() -> None:
    said = seen(action="identity.")
    assert REASON in said
    assert "被拒" in said
    assert "2 条符合条件" in said
    for page in (said, seen()):
        assert NUMBER not in page
        assert "韩小明" not in page


def test_a_search_narrows_and_is_itself_on_record() -> None:
    assert "2 条符合条件" in seen(actor="u1a", action="identity.")
    assert "没有符合条件的记录" in seen(actor="nobody")
    found = entries("audit.searched")
    assert {entry.actor for entry in found} == {AUDITOR.code}
    assert len(found) == 2


def test_nobody_else_searches_verifies_or_exports() -> None:
    for who in (inspector(), APPROVER, person("security_admin", code="sec")):
        with visiting(who):
            with pytest.raises(NotPermitted):
                layout("zh")
            with pytest.raises(NotPermitted):
                exported({})


def _put_all_on_record() -> None:
    """Entries of the accounts and deeds that the miniature office has without."""
    with writing() as session:
        codes = session.scalars(select(Account.code)).all()
        for code in codes:
            audit.note(session, "founder", "account.created", "account", code, at=NOW)
        for event in session.scalars(select(AlertEvent).where(AlertEvent.actor.in_(codes))):
            audit.note(session, event.actor, f"alert.{event.kind}", "alert", event.alert_id, at=NOW)


def test_the_chain_holds_until_somebody_changes_an_entry() -> None:
    with visiting(AUDITOR):
        assert "审计中仅有" in verified("zh"), "an office of accounts without entries"
    _put_all_on_record()
    with visiting(AUDITOR):
        assert "审计链完整" in verified("zh")
    assert len(entries("audit.verified")) == 1
    (broken, _) = entries("identity.unmasked")
    with writing() as session:
        for (name,) in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f'DROP TRIGGER "{name}"'))
        session.execute(update(AuditEntry).where(AuditEntry.number == broken.number).values(actor="somebody"))
    with visiting(AUDITOR):
        said = verified("zh")
    assert "审计链完整" not in said
    assert str(broken.number) in said


def test_the_export_holds_what_matches_and_is_on_record() -> None:
    with visiting(AUDITOR):
        content = exported({"action": "identity."})
    rows = list(load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    assert len(rows) == 3
    assert rows[0][-2:] == ("previous", "seal"), "what it takes to check the chain elsewhere"
    assert entries("audit.exported")


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, ""])
def test_an_address_that_cannot_be_read_shows_the_newest(before: str) -> None:
    assert "条符合条件" in seen(before=before)


def test_days_that_are_none_are_refused_in_words() -> None:
    with visiting(AUDITOR), pytest.raises(InputRefused):
        layout("zh", first="yesterday")
    for query in ({"first": "0001-01-01"}, {"last": "9999-12-31"}):
        with visiting(AUDITOR), pytest.raises(InputRefused, match="from 1970 to 9998"):
            layout("zh", **query)

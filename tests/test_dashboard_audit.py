"""The audit's page: entries by who, what and about what; the chain verified; the export; every look on record."""

import ast
import io
import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, text, update

from dashboard.audit_words import done_words, said_words
from dashboard.pages.audit import exported, layout, verified
from dashboard.precedents import outcome_words
from dashboard.visitor import visiting
from dashboard.words import LANGUAGES, say
from data import audit, identities
from data.database import reading, writing
from data.errors import InputRefused, NotPermitted
from data.identities import remember
from data.model_states import MODEL_TRANSITIONS
from data.people_tables import Account
from data.record_tables import AuditEntry
from data.rights import Person, acting
from data.tables import Alert, AlertEvent
from data.watch import saw
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
ROOT = Path(__file__).parent.parent
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


def test_who_opened_which_alert_is_a_preset_and_reads_as_words() -> None:
    number, who = one("verifying"), inspector()
    saw(who, number, at=NOW)
    assert "/audit?action=alert.seen" in seen()
    said = seen(action="alert.seen")
    assert "1 条符合条件" in said
    assert f"alert {number}" in said
    assert "查看预警" in said


def test_a_change_of_state_is_told_in_words() -> None:
    said = {"from": "approving", "to": "closed", "outcome": "E1", "level": ["red", "yellow"], "odd": 1}
    assert said_words(said, "alert.eliminated", "zh") == (
        f"原状态：待审批；现状态：已办结；结论：{outcome_words('E1', 'zh')}；等级：红 → 黄；odd：1"
    )
    assert said_words({"from": "2026-11-01"}, "audit.exported", "en") == "from: 2026-11-01"


def test_every_action_that_is_noted_has_its_word() -> None:
    found = _noted_actions()
    assert {"alert.seen", "alert.taken", "account.signed_in", "suppression.lifted", "webhook.stopped"} <= found
    for language in LANGUAGES:
        other = say("alert.event_other", language)
        assert [a for a in sorted(found) if done_words(a, language) in (a, other)] == []


def _noted_actions() -> set[str]:
    """Every action that the code notes: a text `room.verb` in a call or a name `action`, or a verb of its room."""
    found: set[str] = set()
    for path in (*ROOT.glob("data/**/*.py"), *ROOT.glob("dashboard/**/*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                texts = _texts(node.args)
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "action":
                name, texts = "note", _texts([node.value])
            else:
                continue
            if "audit.note(" in source and name in ("note", "_note", "watched", "_refuse"):
                found |= {text for text in texts if re.fullmatch(r"[a-z_]+\.[a-z_]+", text)}
            if name == "_note" and path.stem in ("suppressions", "webhooks"):
                found |= {f"{path.stem[:-1]}.{text}" for text in texts}
            if name in ("advance", "record", "audited") and path.parent.name == "data":
                room = "model" if "data.model_life import" in source or path.stem == "model_life" else "alert"
                found |= {f"{room}.{text}" for text in texts if text.isidentifier()}
    return found | {f"model.{one.action}" for one in MODEL_TRANSITIONS}


def _texts(nodes: list[ast.expr]) -> list[str]:
    """The texts that stand among arguments, of a choice both."""
    both = [part for node in nodes for part in ((node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,))]
    return [node.value for node in both if isinstance(node, ast.Constant) and isinstance(node.value, str)]


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

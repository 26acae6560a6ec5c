"""Identities: sealed in the database, shown for a reason to whoever may see them, every look on record."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from data import audit
from data.database import reading, writing
from data.errors import InputRefused, KeyLost, NotFound, NotPermitted, Recused
from data.identities import remember, unmask
from data.loop_tables import Responsible
from data.people_tables import RecusalTie, SealedIdentity
from data.record_tables import AuditEntry
from data.rights import acting
from tests.people import person, store
from tests.test_data_dispatch import furnish, put_alert

NOW = datetime(2024, 3, 4, 1)
NUMBER, HANDLER = "99010119440101001X", "990101198001010021"
KEY, HANDLER_KEY = "k" * 64, "h" * 64
HAN = person("inspector", unit_code="T1", code="han")
LI = person("inspector", unit_code="C2", code="li")
KIN = person("inspector", unit_code="T1", code="kin")
"""Declared as kin of the handler."""
ANALYST = person("analyst", region_code="990101", code="analyst")
REASON = "与户籍档案核对"


@pytest.fixture
def alert_id(office: Path) -> int:
    with writing() as session:
        furnish(session)
        number = put_alert(session, subject=KEY)
        named = {"role": "handler", "display": "李某某", "post": "", "unit_name": "", "source": "", "finding": ""}
        session.add(Responsible(alert_id=number, subject_key=HANDLER_KEY, **named))
        store(session, KIN)
        tie = {"account": KIN.code, "kind": "kin", "subject_key": HANDLER_KEY}
        session.add(RecusalTie(**tie, noted_by="security", noted_at=NOW))
        assert remember(session, {KEY: ("韩立", NUMBER), HANDLER_KEY: ("李四", HANDLER)}) == 2
    return number


def entries() -> list[tuple[str, str, str, dict[str, object]]]:
    with reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
        audit.verify(session)
        return [(e.actor, e.action, e.result, json.loads(e.detail)) for e in rows]


def test_an_identity_is_kept_sealed_and_only_once(alert_id: int) -> None:
    with writing() as session:
        assert remember(session, {KEY: ("another", "1"), "z" * 64: ("王五", "2")}) == 1
        stored = " ".join(session.scalars(select(SealedIdentity.sealed)))
        assert not any(plain in stored for plain in ("韩立", NUMBER, "李四", HANDLER))
    with acting(HAN) as session:
        assert unmask(session, KEY, HAN, at=NOW, reason=REASON, alert_id=alert_id) == ("韩立", NUMBER)


def test_a_look_is_on_record_with_its_reason_and_without_the_identity(alert_id: int) -> None:
    with acting(HAN) as session:
        assert unmask(session, HANDLER_KEY, HAN, at=NOW, reason=REASON, alert_id=alert_id) == ("李四", HANDLER)
    assert entries() == [("han", "identity.unmasked", "done", {"alert": alert_id, "reason": REASON})]
    assert HANDLER not in str(entries())


@pytest.mark.parametrize(
    ("who", "key", "reason", "error"),
    [
        (HAN, KEY, "看", InputRefused),
        (LI, KEY, REASON, NotFound),
        (ANALYST, KEY, REASON, NotPermitted),
        (HAN, "x" * 64, REASON, NotFound),
        (LI, None, REASON, NotFound),
        (KIN, KEY, REASON, Recused),
        (KIN, None, REASON, Recused),
    ],
)
def test_a_refused_try_is_on_record_too(
    alert_id: int, who: object, key: str, reason: str, error: type[Exception]
) -> None:
    with pytest.raises(error), acting(who) as session:
        unmask(session, key, who, at=NOW, reason=reason, alert_id=alert_id)
    ((actor, action, result, detail),) = entries()
    assert (actor, action, result, detail["reason"]) == (who.code, "identity.unmasked", "refused", reason)


def test_the_alerts_own_subject_or_one_named_in_it_needs_no_key(alert_id: int) -> None:
    with acting(HAN) as session:
        (row,) = session.scalars(select(Responsible).where(Responsible.alert_id == alert_id))
        said = {"at": NOW, "reason": REASON, "alert_id": alert_id}
        assert unmask(session, None, HAN, **said) == ("韩立", NUMBER)
        assert unmask(session, None, HAN, **said, responsible_id=row.id) == ("李四", HANDLER)
        with pytest.raises(NotFound, match="no such person"):
            unmask(session, None, HAN, **said, responsible_id=row.id + 1)
    assert [result for _, _, result, _ in entries()] == ["done", "done", "refused"]


def test_a_session_that_sees_more_opens_no_more(alert_id: int) -> None:
    with writing() as session, pytest.raises(NotFound):
        unmask(session, KEY, LI, at=NOW, reason=REASON, alert_id=alert_id)


def test_a_refused_try_is_on_record_once_where_the_caller_goes_on(alert_id: int) -> None:
    with acting(HAN) as session, pytest.raises(InputRefused):
        unmask(session, KEY, HAN, at=NOW, reason="看", alert_id=alert_id)
    assert [result for _, _, result, _ in entries()] == ["refused"]


def test_a_look_cannot_be_taken_back(alert_id: int) -> None:
    with pytest.raises(ZeroDivisionError), acting(HAN) as session:
        unmask(session, KEY, HAN, at=NOW, reason=REASON, alert_id=alert_id)
        audit.note(session, "han", "alert.noted")
        raise ZeroDivisionError
    assert [(action, result) for _, action, result, _ in entries()] == [("identity.unmasked", "done")]


def test_without_the_key_nothing_is_shown(alert_id: int, home: Path) -> None:
    (home / "seal.key").write_text("00" * 32)
    from data.identity import _secret

    _secret.cache_clear()
    with pytest.raises(KeyLost), acting(HAN) as session:
        unmask(session, KEY, HAN, at=NOW, reason=REASON, alert_id=alert_id)
    _secret.cache_clear()
    assert [result for _, _, result, _ in entries()] == ["refused"]


def test_two_runs_that_meet_the_same_people_keep_each_once(office: Path) -> None:
    people = [{f"{n:064}": (f"n{n}", str(n)) for n in range(start, start + 600)} for start in (0, 300)]
    both = Barrier(2)

    def keep(number: int) -> int:
        both.wait(timeout=30)
        with writing() as session:
            return remember(session, people[number])

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(keep, (0, 1))) == 900
    with reading() as session:
        assert len(session.scalars(select(SealedIdentity.subject_key)).all()) == 900

"""Tokens: what a screen or a system may do with one, until when."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data import access_tokens
from data.database import reading, writing
from data.errors import InputRefused, NotPermitted, SignInRefused
from data.people_tables import AccessToken
from data.received import system_of
from data.record_tables import AuditEntry
from data.rights import Person, seen_by
from data.tables import Alert
from tests.staff_in_miniature import NOW, deeds, furnish, raise_alert, somebody

SECURITY = somebody("security_admin", code="sec")


def issue(kind: str = "api", name: str = "低保系统", scopes: tuple[str, ...] = ("alerts.read",), **more: object) -> str:
    with writing() as session:
        return access_tokens.issue(
            session, SECURITY, **({"kind": kind, "name": name, "scopes": scopes, "days": 30, "at": NOW} | more)
        )


def person(token: str, kind: str = "api", at: object = NOW) -> Person:
    with reading() as session:
        return access_tokens.person_of_token(session, token, kind=kind, at=at, address="10.0.0.8")


def test_a_screen_sees_the_wall_of_its_region_and_nothing_else(office: Path) -> None:
    furnish()
    raise_alert(1, "k", "990101001")
    screen = person(issue("kiosk", "大厅", ("wall.see",), region_code="990101"), "kiosk")
    assert screen.rights == {"wall"}
    assert screen.code == "token:大厅"
    assert screen.covers("990101001")
    assert not screen.covers("9901")
    with seen_by(screen) as session:
        assert session.scalars(select(Alert)).all() == []
    for right in ("see", "verify", "alerts.read"):
        with pytest.raises(NotPermitted):
            screen.must(right)


@pytest.mark.parametrize(
    ("scope", "rights"),
    [
        ("alerts.read", {"see", "alerts.read"}),
        ("alerts.write", {"alerts.write"}),
        ("outcomes.write", {"see", "verify", "outcomes.write"}),
    ],
)
def test_a_system_has_the_rights_of_its_scopes(small_office: Path, scope: str, rights: set[str]) -> None:
    furnish()
    here, there = raise_alert(1, "k", "990101001"), raise_alert(2, "k", "990101002")
    system = person(issue(scopes=(scope,), region_code="990101001"))
    assert system.rights == rights
    with seen_by(system) as session:
        seen = {alert.id for alert in session.scalars(select(Alert))}
    assert seen == ({here} if "see" in rights else set())
    assert there not in seen


def test_a_token_is_shown_once_and_kept_as_its_hash(small_office: Path) -> None:
    furnish()
    token = issue()
    with reading() as session:
        kept = session.scalars(select(AccessToken)).one()
        assert token not in str(vars(kept))
        assert access_tokens.listed(session, kind="kiosk") == []
    assert deeds("token") == [("token.issued", "sec", "done")]


def test_it_ends_by_age_and_by_revoking(office: Path) -> None:
    furnish()
    token = issue()
    assert person(token, at=NOW + timedelta(days=29, hours=23))
    with pytest.raises(SignInRefused, match="expired or was revoked"):
        person(token, at=NOW + timedelta(days=30))
    with writing() as session:
        access_tokens.revoke(session, SECURITY, 1, at=NOW)
    with pytest.raises(SignInRefused):
        person(token)
    assert ("token.revoked", "sec", "done") in deeds()


def test_what_is_no_token_lets_nobody_in(small_office: Path) -> None:
    for token in ("", "api-nonsense", "\ud800"):
        with pytest.raises(SignInRefused):
            person(token)


def test_a_token_that_opens_nothing_is_on_record_once_a_minute_an_address(office: Path) -> None:
    furnish()
    token = issue()
    with writing() as session:
        access_tokens.revoke(session, SECURITY, 1, at=NOW)
    for seconds in (0, 1, 59, 60):
        with pytest.raises(SignInRefused):
            person("api-nonsense", at=NOW + timedelta(seconds=seconds))
    with pytest.raises(SignInRefused), reading() as session:
        access_tokens.person_of_token(session, token, kind="api", at=NOW, address="10.0.0.9")
    # Also where the transaction it came in is taken back.
    with pytest.raises(SignInRefused), writing() as session:
        access_tokens.person_of_token(session, token, kind="kiosk", at=NOW, address="10.0.0.10")
    with reading() as session:
        said = session.scalars(select(AuditEntry).where(AuditEntry.action == "token.refused").order_by("number")).all()
        assert [(one.address, one.object_id, one.detail, one.result) for one in said] == [
            ("10.0.0.8", "", '{"kind": "api"}', "refused"),
            ("10.0.0.8", "", '{"kind": "api"}', "refused"),
            ("10.0.0.9", "低保系统", '{"kind": "api"}', "refused"),
            ("10.0.0.10", "低保系统", '{"kind": "kiosk"}', "refused"),
        ]
        assert "nonsense" not in str([vars(one) for one in said])


@pytest.mark.parametrize("name", ["a|b", "a|", "a@1@2", "@1", "a@", "a @1", "a@ 1"])
def test_no_name_stands_for_another_system(small_office: Path, name: str) -> None:
    furnish()
    with pytest.raises(InputRefused, match=r"expected no '\|'"):
        issue(name=name)


def test_the_next_token_of_a_system_is_named_after_it(small_office: Path) -> None:
    furnish()
    assert system_of(person(issue(name="feeds@2027"))) == "token:feeds"


def test_a_screens_token_opens_no_interface(small_office: Path) -> None:
    furnish()
    with pytest.raises(SignInRefused):
        person(issue("kiosk", "大厅", ("wall.see",)), "api")


def test_use_is_noted_at_most_once_a_minute(small_office: Path) -> None:
    furnish()
    token = issue()
    for seconds, used in ((0, 0), (59, 0), (60, 60), (100, 60), (120, 120)):
        person(token, at=NOW + timedelta(seconds=seconds))
        with reading() as session:
            assert session.scalars(select(AccessToken.used_at)).one() == NOW + timedelta(seconds=used)


def test_what_a_token_cannot_be(small_office: Path) -> None:
    furnish()
    issue(name="taken")
    for what, said in (
        ({"kind": "master"}, "cannot be given"),
        ({"scopes": ("wall.see",)}, "cannot be given"),
        ({"kind": "kiosk", "scopes": ("wall.see", "alerts.read")}, "cannot be given"),
        ({"scopes": ()}, "nothing"),
        ({"name": " "}, "characters"),
        ({"name": "x" * 51}, "51 characters"),
        ({"days": 0}, "0 days"),
        ({"days": 367}, "367 days"),
        ({"region_code": "11"}, "no region"),
        ({"name": "taken"}, "already"),
    ):
        with pytest.raises(InputRefused, match=said):
            issue(**what)


def test_only_the_security_administrator_issues_and_revokes(small_office: Path) -> None:
    furnish()
    issue()
    for role in ("system_admin", "audit_admin", "leader"):
        with pytest.raises(NotPermitted), writing() as session:
            access_tokens.issue(session, somebody(role), kind="api", name="x", scopes=("alerts.read",), days=1, at=NOW)
        with pytest.raises(NotPermitted), writing() as session:
            access_tokens.revoke(session, somebody(role), 1, at=NOW)

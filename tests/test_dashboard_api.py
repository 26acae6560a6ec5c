"""The interface for other systems: tokens and scopes, intake, status, outcomes, refusals, documentation."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from dashboard.api import documentation
from dashboard.app import create_app
from data import access_tokens, identities
from data.database import reading, writing
from data.loop import advance, locked
from data.loop_tables import Suppression
from data.office_time import utc_now
from data.people_tables import AccessToken
from data.record_tables import AuditEntry
from data.tables import Alert, AlertEvent, AlertEvidence
from tests.office_in_miniature import fill
from tests.people import client_of, everybody, person

NUMBER, NAME = "990101195001011234", "韩立诚"
SCOPES = ("alerts.read", "alerts.write", "outcomes.write")


@pytest.fixture(scope="module")
def _server() -> Iterator[Flask]:
    yield create_app().server


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def token(name: str = "pension", scopes: Sequence[str] = SCOPES, region: str | None = None) -> str:
    with writing() as session:
        return access_tokens.issue(
            session, person("security_admin"), kind="api", name=name, scopes=scopes, region_code=region, days=30,
            at=now(),
        )  # fmt: skip


class System:
    """Another system with its token."""

    def __init__(self, server: Flask, secret: str) -> None:
        self.client: FlaskClient = server.test_client()
        self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=query, headers=self.headers)

    def post(self, path: str, body: Any) -> TestResponse:
        return self.client.post(f"/api/v1{path}", json=body, headers=self.headers)

    def send(self, *alerts: dict[str, Any]) -> TestResponse:
        return self.post("/alerts", {"alerts": list(alerts)})


@pytest.fixture
def filled(small_office: Path) -> Path:
    fill(now=now(), n_alerts=12)
    return small_office


@pytest.fixture
def pension(filled: Path, _server: Flask) -> System:
    return System(_server, token())


def alert(alert_id: str = "YL-1", **more: Any) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "raised_at": "2026-03-02T09:30:00+08:00",
        "title": f"{NAME}死亡后仍领取养老金，是否冒领？请核查",
        "source": "养老金发放监督模块",
        "region": "990101001",
        "domain": "benefit_funds",
        "level": "red",
        "amount": 3600.0,
        "subject": {"kind": "person", "number": NUMBER, "name": NAME},
        "attributes": {"n_months": 6, "bank": "农商行", "spouse": f"配偶 {NUMBER}"},
        "evidence": [
            {"pension.name": NAME, "pension.id_no": NUMBER, "pension.month": "2026-01", "pension.amount": 600}
        ],
    } | more


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    said: dict[str, Any] = response.json
    assert set(said) == {
        "type", "title", "title_zh", "status", "detail", "detail_zh", "got", "expected", "todo", "todo_zh", "errors"
    }  # fmt: skip
    assert said["status"] == status
    assert said["detail"]
    assert said["detail_zh"]
    assert said["todo"]
    assert "Traceback" not in response.text
    return said


def test_a_module_sends_an_alert_and_sees_it_dispatched(pension: System) -> None:
    sent = pension.send(alert())
    assert sent.status_code == 200, sent.text
    (taken,) = sent.json["alerts"]
    assert (taken["result"], taken["state"], taken["unit"]) == ("raised", "dispatched", "U1")
    assert taken["due_on"]
    shown = pension.get(f"/alerts/{taken['id']}").json
    assert (shown["alert_id"], shown["state"], shown["unit"]["code"]) == ("YL-1", "dispatched", "U1")
    assert shown["raised_at"] == "2026-03-02T01:30:00Z"
    assert shown["subject"] == "韩某某"
    assert shown["title"].startswith("韩某某死亡后")
    events = pension.get(f"/alerts/{taken['id']}/events").json["events"]
    assert [(one["kind"], one["state"], one["version"]) for one in events] == [
        ("raised", "waiting", 1), ("dispatched", "dispatched", 2),
    ]  # fmt: skip
    assert shown["version"] == 2


def test_what_is_personal_is_kept_sealed_and_answered_nowhere(pension: System) -> None:
    sent = pension.send(alert())
    number = sent.json["alerts"][0]["id"]
    with reading() as session:
        kept = session.get_one(Alert, number)
        rows = session.scalars(select(AlertEvidence.content).where(AlertEvidence.alert_id == number)).all()
        written = " ".join([kept.title, kept.title_en, kept.attributes, kept.subject_display, *rows])
        entries = " ".join(session.scalars(select(AuditEntry.detail)))
        key = kept.subject_key
    assert json.loads(rows[0])["pension.id_no"] == "990***********1234"
    pages = [pension.get(f"/alerts/{number}").text, pension.get("/alerts").text, sent.text, written, entries]
    for text in pages:
        assert NUMBER not in text
        assert NAME not in text
    inspector = person("inspector")
    with writing() as session:
        opened = identities.unmask(session, key, inspector, at=now(), reason="核对养老金领取人身份", alert_id=number)
    assert opened == (NAME, NUMBER)


def test_the_key_joins_what_collisions_find_about_the_same_person(pension: System) -> None:
    from data.identity import subject_key

    number = pension.send(alert()).json["alerts"][0]["id"]
    with reading() as session:
        assert session.get_one(Alert, number).subject_key == subject_key("person", NUMBER)


def test_sending_again_changes_nothing(pension: System) -> None:
    batch = [alert("A"), alert("B", evidence=[])]
    first = pension.send(*batch).json
    with reading() as session:
        events = session.scalar(select(func.count(AlertEvent.id)))
    again = pension.send(*batch).json
    assert [one["result"] for one in again["alerts"]] == ["unchanged", "unchanged"]
    assert [one["id"] for one in again["alerts"]] == [one["id"] for one in first["alerts"]]
    with reading() as session:
        assert session.scalar(select(func.count(AlertEvent.id))) == events


def test_new_rows_extend_an_alert_and_an_old_message_does_not_take_them_back(pension: System) -> None:
    first = alert(level="orange")
    number = pension.send(first).json["alerts"][0]["id"]
    row = {"pension.month": "2026-02", "pension.amount": 600}
    more = alert(level="red", amount=4200.0, evidence=[*first["evidence"], row])
    (grown,) = pension.send(more).json["alerts"]
    assert (grown["result"], grown["n_evidence_added"]) == ("extended", 1)
    assert pension.send(first).json["alerts"][0]["result"] == "unchanged"
    assert pension.send(more).json["alerts"][0]["result"] == "unchanged"
    shown = pension.get(f"/alerts/{number}").json
    assert (shown["amount"], shown["level"], shown["version"]) == (4200.0, "red", 3)
    with reading() as session:
        kept = session.get_one(Alert, number)
        assert (kept.first_amount, kept.first_level) == (3600.0, "orange")


def test_an_alert_id_that_stands_for_something_else_is_refused_and_nothing_is_taken(pension: System) -> None:
    pension.send(alert("A"))
    other = alert("A", subject={"kind": "person", "number": "990101195001014321", "name": "他人"})
    said = problem(pension.send(alert("NEW"), other), 409)
    assert said["errors"][0]["where"] == "/alerts/1"
    assert "subject" in said["errors"][0]["got"]
    assert "990101195001014321" not in json.dumps(said)
    with reading() as session:
        assert session.scalar(select(Alert.id).where(Alert.alert_key.endswith("|NEW"))) is None
    assert "amount" in str(problem(pension.send(alert("A", amount=9999)), 409)["errors"])


def test_the_next_token_of_a_system_knows_its_alerts_and_another_system_does_not(filled: Path, _server: Flask) -> None:
    old = System(_server, token("pension@2026"))
    number = old.send(alert()).json["alerts"][0]["id"]
    successor, other = System(_server, token("pension@2027")), System(_server, token("housing"))
    assert successor.send(alert()).json["alerts"][0] == old.send(alert()).json["alerts"][0]
    assert other.send(alert()).json["alerts"][0]["id"] != number
    assert other.get(f"/alerts/{number}").json["alert_id"] is None
    problem(other.post(f"/alerts/{number}/outcome", {"outcome": "EX"}), 403)
    assert successor.post(f"/alerts/{number}/outcome", {"outcome": "EX"}).status_code == 200


def test_a_module_concludes_its_own_alert_until_somebody_verifies_it(pension: System) -> None:
    number = pension.send(alert()).json["alerts"][0]["id"]
    done = pension.post(f"/alerts/{number}/outcome", {"outcome": "CX", "note": f"{NUMBER} 已停发"})
    assert (done.status_code, done.json["taken_as"]) == (200, "outcome")
    assert (done.json["state"], done.json["outcome"]) == ("rectifying", "CX"), "putting it right is the office's"
    assert pension.post(f"/alerts/{number}/outcome", {"outcome": "CX"}).json == done.json
    with reading() as session:
        event = session.scalars(select(AlertEvent).where(AlertEvent.alert_id == number)).all()[-1]
        assert (event.kind, event.actor, event.from_status) == ("reported", "token:pension", "dispatched")
        assert NUMBER not in event.note
    taken = pension.send(alert("B")).json["alerts"][0]["id"]
    who = everybody()
    with writing() as session:
        advance(session, locked(session, taken), "taken", who, at=now())
    assert "Being verified" in problem(pension.post(f"/alerts/{taken}/outcome", {"outcome": "CX"}), 409)["detail"]
    problem(pension.post(f"/alerts/{taken}/outcome", {"outcome": "C1"}), 422)


@pytest.mark.parametrize("outcome", ["EX", "D1"])
def test_who_supplied_the_data_does_not_close_alerts_about_it(pension: System, outcome: str) -> None:
    number = pension.send(alert()).json["alerts"][0]["id"]
    before = pension.get(f"/alerts/{number}").json
    sent = {"outcome": outcome, "note": f"{NUMBER} 已更正"}
    said = pension.post(f"/alerts/{number}/outcome", sent)
    assert (said.status_code, said.json["taken_as"]) == (200, "statement")
    assert (said.json["state"], said.json["outcome"], said.json["concluded_at"]) == ("dispatched", None, None)
    assert pension.post(f"/alerts/{number}/outcome", sent).json == said.json, "said once"
    now_shown = pension.get(f"/alerts/{number}").json
    assert {name for name in before if before[name] != now_shown[name]} == {"version"}
    assert pension.get("/outcomes", own="yes").json["outcomes"] == []
    with reading() as session:
        events = session.scalars(select(AlertEvent).where(AlertEvent.alert_id == number)).all()
        assert [one.kind for one in events] == ["raised", "dispatched", "stated"]
        assert (events[-1].outcome, events[-1].from_status) == (None, "dispatched")
        assert f"（{outcome}）" in events[-1].note
        assert NUMBER not in events[-1].note


def closed(pension: System, number: int) -> None:
    """Close an alert that its system confirmed."""
    pension.post(f"/alerts/{number}/outcome", {"outcome": "CX"})
    with writing() as session:
        one = locked(session, number)
        one.status = "closed"


def test_new_rows_extend_what_is_being_put_right_and_leave_its_verdict(pension: System) -> None:
    number = pension.send(alert()).json["alerts"][0]["id"]
    pension.post(f"/alerts/{number}/outcome", {"outcome": "CX"})
    (more,) = pension.send(alert(evidence=[{"pension.month": "2026-03", "pension.amount": 600}])).json["alerts"]
    assert (more["result"], more["state"], more["n_evidence_added"]) == ("extended", "rectifying", 1)
    assert pension.get(f"/alerts/{number}").json["outcome"] == "CX"


def test_new_rows_reopen_what_was_closed(pension: System) -> None:
    number = pension.send(alert()).json["alerts"][0]["id"]
    closed(pension, number)
    row = {"pension.month": "2026-03", "pension.amount": 600}
    (again,) = pension.send(alert(evidence=[row])).json["alerts"]
    assert (again["result"], again["state"], again["unit"]) == ("reopened", "dispatched", "U1")
    learned = pension.get("/outcomes", own="yes").json
    assert [(one["kind"], one["outcome"], one["alert_id"]) for one in learned["outcomes"]] == [
        ("reported", "CX", "YL-1"), ("reopened", None, "YL-1"),
    ]  # fmt: skip
    assert pension.get("/outcomes", own="yes", after=learned["next"]).json["outcomes"] == []


def test_a_subject_on_the_list_of_suppressions_is_withheld_and_counted(pension: System) -> None:
    from data.identity import subject_key

    with writing() as session:
        session.add(
            Suppression(
                alert_id=session.scalars(select(Alert.id).limit(1)).one(), source="养老金发放监督模块",
                rule=None, subject_key=subject_key("person", NUMBER),
                subject_display="韩某某", reason="已核实在世", owner="a", approved_by="b", created_at=now(),
                until_on=(now() + timedelta(days=30)).date(), n_withheld=0,
            )
        )  # fmt: skip
    sent = pension.send(alert())
    assert (sent.json["n_withheld"], sent.json["alerts"][0]["id"]) == (1, None)
    with reading() as session:
        assert session.scalars(select(Suppression.n_withheld)).all() == [1]


def test_outcomes_are_told_once_page_by_page(pension: System) -> None:
    seen: list[int] = []
    after = 0
    for _ in range(20):
        page = pension.get("/outcomes", after=after, limit=2).json
        seen += [one["event"] for one in page["outcomes"]]
        if not page["outcomes"]:
            break
        after = page["next"]
    with reading() as session:
        kinds = ("concluded", "eliminated", "reported", "imported", "reversed", "reopened")
        expected = list(
            session.scalars(select(AlertEvent.id).where(AlertEvent.kind.in_(kinds)).order_by(AlertEvent.id))
        )
    assert seen == expected
    assert len(seen) > 2


def test_alerts_are_listed_page_by_page_and_filtered(pension: System) -> None:
    pension.send(*(alert(f"N{i}", evidence=[]) for i in range(5)))
    seen, after = [], 0
    while after is not None:
        page = pension.get("/alerts", limit=4, after=after).json
        seen += [one["id"] for one in page["alerts"]]
        after = page["next"]
    assert seen == sorted(set(seen))
    assert len(seen) == 17
    own = pension.get(
        "/alerts", source="养老金发放监督模块", state="dispatched", region="990101", domain="benefit_funds"
    )
    assert [one["alert_id"] for one in own.json["alerts"]] == [f"N{i}" for i in range(5)]
    assert pension.get("/alerts", since="2099-01-01T00:00:00Z").json == {"alerts": [], "next": None}


def test_a_token_sees_and_sends_no_further_than_its_region(filled: Path, _server: Flask) -> None:
    narrow = System(_server, token("narrow", region="990101002"))
    with reading() as session:
        inside = {
            i for i, region in session.execute(select(Alert.id, Alert.region_code)) if region.startswith("990101002")
        }
        outside = session.scalar(select(Alert.id).where(Alert.id.not_in(inside)).limit(1))
    assert {one["id"] for one in narrow.get("/alerts").json["alerts"]} == inside
    problem(narrow.get(f"/alerts/{outside}"), 404)
    problem(narrow.get(f"/alerts/{outside}/events"), 404)
    problem(narrow.post(f"/alerts/{outside}/outcome", {"outcome": "EX"}), 404)
    assert "does not reach" in problem(narrow.send(alert(region="990101001")), 403)["detail"]
    problem(narrow.send(alert(region=None)), 403)
    assert narrow.send(alert(region="990101002003")).status_code == 200


CALLS = (
    ("GET", "/alerts", "alerts.read"),
    ("GET", "/alerts/1", "alerts.read"),
    ("GET", "/alerts/1/events", "alerts.read"),
    ("GET", "/outcomes", "alerts.read"),
    ("POST", "/alerts", "alerts.write"),
    ("POST", "/alerts/1/outcome", "outcomes.write"),
    ("GET", "/codes", None),
    ("GET", "/openapi.json", None),
    ("GET", "/docs", None),
)


def test_every_route_asks_for_a_token_and_the_scope_it_names(filled: Path, _server: Flask) -> None:
    rules = {rule.rule for rule in _server.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert len(rules) == len({path for _, path, _ in CALLS}) + 1, "a route is missing from this test"
    systems = {scope: System(_server, token(scope, [scope])) for scope in SCOPES}
    bare = _server.test_client()
    for method, path, scope in CALLS:
        refused = bare.open(f"/api/v1{path}", method=method)
        assert problem(refused, 401)["todo"], path
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        for held, system in systems.items():
            answered = system.client.open(f"/api/v1{path}", method=method, headers=system.headers)
            if scope not in (None, held):
                said = problem(answered, 403)
                assert (said["got"], said["expected"]) == (held, scope)
            else:
                assert answered.status_code in (200, 415), (path, held)
    with reading() as session:
        n = session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.result == "refused"))
    assert n == 12


def test_unknown_addresses_and_methods_are_closed_too(pension: System, _server: Flask) -> None:
    problem(_server.test_client().get("/api/v1/secret"), 401)
    problem(pension.get("/secret"), 404)
    problem(pension.get("/alerts/0"), 404)
    problem(pension.get("/alerts/99999999999"), 404)
    problem(pension.get("/alerts/9999"), 404)
    wrong = pension.client.delete("/api/v1/alerts", headers=pension.headers)
    assert problem(wrong, 405)["expected"] == "GET, HEAD, POST"
    assert wrong.headers["Allow"] == "GET, HEAD, POST"


NO_TOKENS = ("", "Bearer", "Bearer ", "Basic abc", "Bearer 令牌", "Bearer nothing", "Bearer " + "x" * 500)


def test_what_is_no_token_is_refused(filled: Path, _server: Flask) -> None:
    for value in NO_TOKENS:
        headers = {"Authorization": value.encode().decode("latin-1")}
        problem(_server.test_client().get("/api/v1/alerts", headers=headers), 401)


def test_expired_and_revoked_tokens_and_those_of_screens_are_refused(filled: Path, _server: Flask) -> None:
    system = System(_server, token())
    assert system.get("/codes").status_code == 200
    with writing() as session:
        found = session.scalars(select(AccessToken).where(AccessToken.name == "pension")).one()
        access_tokens.revoke(session, person("security_admin"), found.id, at=now())
        screen = access_tokens.issue(
            session, person("security_admin"), kind="kiosk", name="wall", scopes=["wall.see"], days=1, at=now()
        )
    assert "令牌" in problem(system.get("/codes"), 401)["detail_zh"]
    problem(System(_server, screen).get("/codes"), 401)


def test_a_signed_in_person_reads_the_documentation_and_nothing_else(filled: Path) -> None:
    app = create_app()
    client = client_of(app, person("inspector"))
    assert client.get("/api/v1/docs").status_code == 200
    assert client.get("/api/v1/openapi.json").status_code == 200
    problem(client.get("/api/v1/alerts"), 401)
    problem(client.post("/api/v1/alerts", json={"alerts": [alert()]}), 401)


FAULTS = {
    "alert_id with NUL": alert("A\x00B"),
    "lone surrogate": alert(title="\ud800"),
    "direction turned": alert(title="a\u202eb"),
    "control of C1": alert(title="a\x88b"),
    "huge number": alert(amount=10**400),
    "negative amount": alert(amount=-1),
    "amount as text": alert(amount="12"),
    "amount as boolean": alert(amount=True),
    "time without zone": alert(raised_at="2026-03-02T09:30:00"),
    "no such day": alert(raised_at="2026-02-30T09:30:00Z"),
    "level unknown": alert(level="purple"),
    "field unknown": alert(colour="red"),
    "title missing": {key: value for key, value in alert().items() if key != "title"},
    "title blank": alert(title="   "),
    "subject as text": alert(subject=NUMBER),
    "subject field unknown": alert(subject={"kind": "person", "number": NUMBER, "sex": "男"}),
    "attribute nested": alert(attributes={"a": {"b": 1}}),
    "attribute infinite": alert(attributes={"a": 1e16}),
    "evidence empty row": alert(evidence=[{}]),
    "evidence too many": alert(evidence=[{"a": i} for i in range(101)]),
    "alert as list": [],
    "alert as null": None,
    "in the future": alert(raised_at="2099-01-01T00:00:00Z"),
    "identity number as id": alert(f"P{NUMBER}"),
    "domain unknown": alert(domain="nonsense"),
    "source is a model": alert(source="M01"),
    "who verifies": alert(attributes={"核查人": "某"}),
    "a forbidden input": alert(attributes={"gender": "F"}),
}


def test_what_cannot_be_used_is_said_and_nothing_is_taken(pension: System) -> None:
    for fault, wrong in FAULTS.items():
        sent = pension.send(alert("GOOD"), wrong)
        assert sent.status_code == 422, fault
        said = problem(sent, 422)
        assert NUMBER not in json.dumps(said), fault
        assert NAME not in json.dumps(said, ensure_ascii=False), fault
    with reading() as session:
        assert session.scalar(select(func.count(Alert.id))) == 12


def test_errors_point_at_what_is_wrong(pension: System) -> None:
    said = problem(pension.send(alert("A"), alert("B", level="purple", amount="x")), 422)
    assert {(one["where"], one["expected"]) for one in said["errors"]} == {
        ("/alerts/1/level", "red, orange, yellow"), ("/alerts/1/amount", "a number from 0 to 1,000,000,000,000"),
    }  # fmt: skip
    assert problem(pension.send(alert("A"), alert("A")), 422)["detail"].startswith("alert_id A comes twice")
    problem(pension.send(), 422)
    problem(pension.send(*(alert(str(i)) for i in range(1001))), 422)


NO_JSON = (
    b"", b"{", b"nul", b"[" * 100_000, b'{"alerts": NaN}', b"\xff\xfe", b'{"alerts": ' + b"9" * 5000 + b"}"
)  # fmt: skip
OF_ANOTHER_SHAPE = (b"[]", b"null", b"5", b'"x"', b"{}", b'{"alerts": 5}', b'{"alerts": [[]]}')


def test_what_is_no_json_or_of_another_shape_is_refused(pension: System) -> None:
    for status, bodies in ((400, NO_JSON), (422, OF_ANOTHER_SHAPE)):
        for body in bodies:
            sent = pension.client.post(
                "/api/v1/alerts", data=body, content_type="application/json", headers=pension.headers
            )
            assert sent.status_code == status, body[:20]
            problem(sent, status)


def test_another_type_and_too_much_are_refused(pension: System) -> None:
    form = pension.client.post("/api/v1/alerts", data={"alerts": "1"}, headers=pension.headers)
    assert problem(form, 415)["expected"] == "application/json"
    large = b'{"alerts": "' + b"x" * (8 * 1024 * 1024) + b'"}'
    sent = pension.client.post("/api/v1/alerts", data=large, content_type="application/json", headers=pension.headers)
    assert "8,388,608" in problem(sent, 413)["expected"]
    note = {"outcome": "EX", "note": "x" * 70_000}
    problem(pension.post("/alerts/1/outcome", note), 413)


NO_QUERIES = (
    ("/alerts", {"after": "x"}),
    ("/alerts", {"after": "-1"}),
    ("/alerts", {"after": "9" * 30}),
    ("/alerts", {"limit": "101"}),
    ("/alerts", {"state": "open"}),
    ("/alerts", {"region": "9" * 13}),
    ("/alerts", {"source": "a\x00"}),
    ("/alerts", {"since": "yesterday"}),
    ("/alerts", {"order": "id"}),
    ("/outcomes", {"own": "true"}),
)


def test_a_query_that_cannot_be_read_is_refused(pension: System) -> None:
    for path, query in NO_QUERIES:
        assert problem(pension.get(path, **query), 422)["errors"], query


def test_a_failure_tells_nothing_of_itself(pension: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr("data.intake.receive", fail)
    response = pension.send(alert())
    problem(response, 500)
    assert "secret" not in response.text


def test_a_database_that_is_gone_is_said(pension: System, small_office: Path) -> None:
    for path in small_office.rglob("*.db*"):
        path.unlink()
    assert problem(pension.get("/codes"), 503)["detail"]


def test_every_call_is_on_record_once(pension: System) -> None:
    def n() -> int:
        with reading() as session:
            return session.scalar(select(func.count(AuditEntry.number))) or 0

    before = n()
    for path in ("/alerts", "/alerts/1", "/alerts/1/events", "/outcomes", "/codes"):
        pension.get(path)
        before += 1
        assert n() == before, path
    with reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (last.actor, last.action, last.object_id, last.address) == (
        "token:pension",
        "api.read",
        "codes",
        "127.0.0.1",
    )


def test_codes_name_everything_in_both_languages(pension: System) -> None:
    said = pension.get("/codes").json
    assert {one["code"] for one in said["outcomes"] if one["reported"]} == {"CX", "EX", "D1"}
    for kind in ("states", "outcomes", "causes", "domains", "levels", "subject_kinds"):
        assert said[kind]
        assert all(one["zh"] and one["en"] for one in said[kind]), kind


def test_the_documentation_lists_every_route_and_nothing_from_elsewhere(pension: System, _server: Flask) -> None:
    described = pension.get("/openapi.json").json
    page = pension.get("/docs")
    served = {
        (rule.rule.replace("<number:alert_number>", "{alert_number}"), method.lower())
        for rule in _server.url_map.iter_rules()
        if rule.rule.startswith("/api/") and not rule.endpoint.startswith("elsewhere")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == {
        (path, method) for path, one in described["paths"].items() for method in one if method != "parameters"
    }
    for path, method in served:
        assert described["paths"][path][method]["x-summary-zh"]
        assert described["paths"][path][method]["summary"]
        assert path in page.text
    assert "http://" not in page.text.replace("https://HOST", "")
    assert "<script" not in page.text
    assert all(name in page.text for name in ("X-Mingjing-Signature", "subject.number", "webhooks", "alerts.write"))


def test_the_example_of_the_documentation_works(pension: System) -> None:
    body = documentation.EXAMPLE.split("-d '")[1].removesuffix("'")
    assert pension.post("/alerts", json.loads(body)).json["n_raised"] == 1


def test_two_calls_that_send_the_same_at_once_raise_it_once(office: Path, _server: Flask) -> None:
    fill(now=now(), n_alerts=3)
    secret = token()
    batch = [alert(f"N{i}", subject={"kind": "project", "number": f"P{i}"}) for i in range(40)]
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: System(_server, secret).send(*batch), range(4)))
    assert [one.status_code for one in sent] == [200] * 4
    assert sorted(one.json["n_raised"] for one in sent) == [0, 0, 0, 40]
    with reading() as session:
        assert session.scalar(select(func.count(AlertEvidence.id)).join(Alert).where(Alert.rule == "module")) == 40


def test_intake_keeps_the_office_as_it_should_be_on_both_databases(office: Path, _server: Flask) -> None:
    fill(now=now(), n_alerts=3)
    system = System(_server, token())
    assert system.send(alert("A"), alert("B", region=None, evidence=[])).status_code == 200
    assert system.send(alert("A")).json["n_unchanged"] == 1
    waiting = system.get("/alerts", state="waiting").json["alerts"]
    assert [one["alert_id"] for one in waiting] == ["B"]
    number = waiting[0]["id"]
    assert system.post(f"/alerts/{number}/outcome", {"outcome": "D1"}).json["state"] == "waiting"
    closed(system, number)
    row = {"pension.month": "2026-03"}
    (again,) = system.send(alert("B", region=None, evidence=[row])).json["alerts"]
    assert (again["result"], again["state"], again["unit"]) == ("reopened", "waiting", None)
    assert [one["kind"] for one in system.get("/outcomes", own="yes").json["outcomes"]] == ["reported", "reopened"]
    assert utc_now() >= now() - timedelta(minutes=1)

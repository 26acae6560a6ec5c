"""The scope matrix: every page, callback and route, against every role, a stranger and a screen, in and out of scope.

What is expected comes from the table of rights and from the RIGHT of each page. A page, callback or route that is in
nobody's table fails here, and so does one that shows what lies outside a post.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dash
import pytest
from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard.app import create_app
from dashboard.deeds import DEEDS, Deed
from dashboard.guard import KIOSK_COOKIE, OPEN, OWN_DOORS
from dashboard.pages import rights_of
from dashboard.pages.alert import do
from dashboard.posted import Posted
from dashboard.visitor import Right, permit, visiting
from data import (
    access_tokens,
    accounts,
    attachments,
    bulk,
    clearance,
    database,
    inquiries,
    look_back,
    person_queries,
    responsible,
    supervision,
    suppressions,
)
from data.database import reading, writing
from data.errors import MingjingError, NotPermitted
from data.loop_tables import Attachment, HandlingOrder, Inquiry, LookBack, Measure, Responsible, Suppression
from data.people_tables import ClearanceReport, PersonQuery, QuerySubject
from data.queue import Filter
from data.record_tables import AuditEntry
from data.rights import RIGHTS, ROLES, Person, acting, seen_by
from data.tables import Alert, Table
from tests.office_in_miniature import fill
from tests.people import client_of, person, same_site

NOW = datetime.now(UTC).replace(tzinfo=None)
TOWN, OTHER_TOWN = "990101001", "990101002"
UNIT, OTHER_UNIT = "U1", "U2"
DASH_PAGES = {"/", "/<path:path>"}
"""The first HTML of every page: the frame without content, for whoever is let in."""
DASH_OWN = {"/_dash-layout", "/_dash-dependencies", "/_dash-update-component", "/_reload-hash"}
"""Routes of Dash itself, closed to strangers; what a callback may do is asked of the callback."""
EMPTY = {"/static/<path:filename>"}
"""Routes of Flask with nothing behind them."""
ROUTER = ".._pages_content.children..._pages_store.data.."
DASH_CALLBACKS = {ROUTER, "_pages_dummy.children"}
"""Callbacks of Dash itself: the router, which asks each page's layout, and the title of the window."""
MISSING = 987654


@dataclass(frozen=True)
class Office:
    """An application over an office, with everybody signed in and two alerts: one within U1's town, one without."""

    app: Dash
    clients: dict[str, FlaskClient]
    people: dict[str, Person]
    stranger: FlaskClient
    screen: FlaskClient
    inside: int
    outside: int
    inquiry: int
    """Sent to U2."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINGJING_HOME", str(tmp_path_factory.mktemp("matrix")))
        patch.delenv("MINGJING_DATABASE_URL", raising=False)
        database.migrate()
        fill(now=NOW, n_alerts=60)
        app = create_app()
        app.server.test_client().get("/health")
        people = {role: person(role, unit_code=UNIT, region_code=TOWN) for role in ROLES}
        clients = {role: client_of(app, who) for role, who in people.items()}
        screen = same_site(app)
        screen.set_cookie(KIOSK_COOKIE, _kiosk())
        inside, outside = _alert(UNIT, TOWN), _alert(OTHER_UNIT, OTHER_TOWN)
        inquiry = _inquiry(outside)
        _rows(outside)
        yield Office(app, clients, people, same_site(app), screen, inside, outside, inquiry)
        database.engine().dispose()


def _kiosk() -> str:
    with writing() as session:
        return access_tokens.issue(
            session, accounts.AT_THE_MACHINE, kind="kiosk", name="hall", scopes=["wall.see"], region_code=TOWN,
            days=30, at=NOW,
        )  # fmt: skip


def _alert(unit: str, town: str) -> int:
    with reading() as session:
        wanted = select(Alert.id).where(Alert.unit_code == unit, Alert.region_code.startswith(town))
        return session.scalars(wanted.order_by(Alert.id.desc())).first() or 0


def _inquiry(alert_id: int) -> int:
    with writing() as session:
        sent = Inquiry(
            id=4711, alert_id=alert_id, unit_code=OTHER_UNIT, question="请说明", asked_by="leader", asked_at=NOW,
            due_on=(NOW + timedelta(days=9)).date(), answer="",
        )  # fmt: skip
        session.add(sent)
        session.flush()
        return sent.id


ROW = 4711
"""Number of every row that belongs to the alert outside."""


def _rows(alert_id: int) -> None:
    """One of everything that belongs to an alert; and a person query of its unit."""
    today = NOW.date()
    with writing() as session:
        session.add_all(
            [
                Responsible(id=ROW, alert_id=alert_id, role="handler", subject_key="h" * 64, display="孙某某", post="",
                            unit_name="", source="x", finding=""),
                Measure(id=ROW, alert_id=alert_id, kind="talk", quantity=1.0, done_on=today, note="", actor="somebody",
                        at=NOW),
                HandlingOrder(id=ROW, alert_id=alert_id, number="督办〔2001〕1号", reason="overdue", demand="请说明",
                              due_on=today, ordered_by="somebody", ordered_at=NOW, answer=""),
                LookBack(id=ROW, alert_id=alert_id, drawn_for="random", drawn_by="somebody", drawn_at=NOW, seed=1,
                         outcome="C1", unit_code=OTHER_UNIT, note=""),
                Attachment(id=ROW, alert_id=alert_id, content_hash="0" * 64, name="a.pdf", media_type="application/pdf",
                           size=1, added_by="somebody", added_at=NOW),
                Suppression(id=ROW, source="M04", rule="R1", subject_key="k", subject_display="孙某某", reason="同名",
                            alert_id=alert_id, owner="somebody", approved_by="another", created_at=NOW,
                            until_on=today + timedelta(days=30), n_withheld=0),
                PersonQuery(id=ROW, asked_by="leader", asked_at=NOW, unit_code=OTHER_UNIT, reference="#1",
                            reason="核对", state="asked", decision="", version=1),
                PersonQuery(id=ROW + 1, asked_by="u1a", asked_at=NOW, unit_code=OTHER_UNIT, reference="#2",
                            reason="核对", state="approved", decided_by="somebody", decision="", version=2,
                            expires_at=NOW + timedelta(days=1)),
            ]
        )  # fmt: skip
        session.flush()
        session.add_all(
            [
                QuerySubject(query_id=ROW, side="subject", kind="person", subject_key="k", display="孙某某", sealed=""),
                ClearanceReport(id=ROW, query_id=ROW + 1, made_at=NOW, made_by="u1a", content="{}", code="0" * 12),
            ]
        )


def called(client: FlaskClient, app: Dash, name: str, values: dict[str, Any] | None = None) -> Any:
    """A callback as a browser calls it, with nothing given but `values` by `id.property`."""
    one, values = app.callback_map[name], values or {}

    def given(targets: list[dict[str, Any]]) -> list[Any]:
        return [
            [{"id": _one_of(target["id"]), "property": target["property"], "value": None}]
            if target["id"].startswith("{")
            else target | {"value": values.get(f"{target['id']}.{target['property']}")}
            for target in targets
        ]

    outputs = [_target(part) for part in name.strip(".").split("...")]
    changed = [f"{target['id']}.{target['property']}" for target in one["inputs"][:1]]
    body = {"output": name, "outputs": outputs if name.startswith("..") else outputs[0], "inputs": given(one["inputs"]),
            "state": given(one.get("state", [])), "changedPropIds": changed}  # fmt: skip
    return client.post("/_dash-update-component", json=body)


def _one_of(wildcard: str) -> dict[str, Any]:
    """The id of a field that a wildcard stands for."""
    return {key: 1 if value == ["ALL"] else value for key, value in json.loads(wildcard).items()}


def _target(part: str) -> dict[str, str]:
    name, _, prop = part.rpartition(".")
    return {"id": name, "property": prop}


def opened(client: FlaskClient, app: Dash, address: str, search: str = "") -> Any:
    """A page as a browser opens it."""
    values = {"_pages_location.pathname": address, "_pages_location.search": search}
    return called(client, app, ROUTER, values)


def refused_words(who: Person, right: Right) -> str | None:
    """What somebody without the right is told; None where the right is there."""
    try:
        with visiting(who):
            permit(right)
    except NotPermitted as error:
        return error.words("zh")
    return None


def expected(role: str, right: Right) -> bool:
    """Whether a role may, by the table of rights alone."""
    wanted = {right} if isinstance(right, str) else set(right)
    return not wanted or bool(wanted & ROLES[role].rights)


def text_of(response: Any) -> str:
    return json.dumps(response.json, ensure_ascii=False) if response.is_json else response.text


def main_of(response: Any) -> str:
    """What a page says below its header, which carries the time."""
    page = response.json["response"]["_pages_content"]["children"]
    found = next(part for part in page["props"]["children"] if part and part["type"] == "Main")
    return json.dumps(found, ensure_ascii=False)


def nameless(said: str, number: int) -> str:
    """The same without a number that was asked for."""
    return re.sub(rf"(?<!\d){number}(?!\d)", "N", said)


def address_of(page: dict[str, Any]) -> str:
    return re.sub(r"<\w+>", "1", page["path_template"] or page["path"])


def test_everything_there_is_stands_in_a_table(office: Office) -> None:
    owned, known = rights_of(office.app), set(RIGHTS)
    assert {name for name in office.app.callback_map if name not in owned.callbacks} == DASH_CALLBACKS
    for page in dash.page_registry.values():
        assert set([page["right"]] if isinstance(page["right"], str) else page["right"]) <= known, page["module"]
    for rule in office.app.server.url_map.iter_rules():
        in_a_table = rule.rule in OPEN | DASH_PAGES | DASH_OWN | EMPTY or rule.endpoint in owned.routes
        assert in_a_table or rule.rule.startswith(OWN_DOORS), f"{rule.rule} is in nobody's table"
    assert {rule.rule for rule in office.app.server.url_map.iter_rules()} >= OPEN


@pytest.mark.parametrize("role", ROLES)
def test_every_page_opens_to_its_right_and_to_no_other(office: Office, role: str) -> None:
    client, who = office.clients[role], office.people[role]
    for page in dash.page_registry.values():
        said = text_of(opened(client, office.app, address_of(page)))
        words = refused_words(who, page["right"])
        assert (words is None) == expected(role, page["right"]), page["module"]
        if words is not None:
            assert words in said, page["module"]
        else:
            assert "没有“" not in said, page["module"]


@pytest.mark.parametrize("role", ROLES)
def test_every_callback_answers_to_its_right_and_to_no_other(office: Office, role: str) -> None:
    client, who = office.clients[role], office.people[role]
    for name, right in rights_of(office.app).callbacks.items():
        answer = called(client, office.app, name)
        if "callback" not in office.app.callback_map[name]:
            assert answer.status_code == 400, name
            continue
        words = refused_words(who, right)
        assert (words is None) == expected(role, right), name
        assert words is None or words in text_of(answer), name
        assert words is not None or "没有“" not in text_of(answer), name


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_to_its_right_and_to_no_other(office: Office, role: str) -> None:
    client, who, rights = office.clients[role], office.people[role], rights_of(office.app).routes
    for rule in office.app.server.url_map.iter_rules():
        if rule.endpoint not in rights:
            continue
        words = refused_words(who, rights[rule.endpoint])
        assert (words is None) == expected(role, rights[rule.endpoint]), rule.rule
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            answer = client.open(re.sub(r"<[^>]+>", "1", rule.rule), method=method)
            refused = answer.status_code == 403 and (words or "没有“") in text_of(answer)
            assert refused is (words is not None), (method, rule.rule)


def test_a_stranger_gets_nothing(office: Office) -> None:
    for rule in office.app.server.url_map.iter_rules():
        if rule.rule in OPEN:
            continue
        for method in rule.methods - {"OPTIONS"}:
            answer = office.stranger.open(re.sub(r"<[^>]+>", "1", rule.rule), method=method)
            wanted = (303,) if rule.rule in DASH_PAGES else (401,)
            assert answer.status_code in wanted, (method, rule.rule, answer.status_code)
    for name in office.app.callback_map:
        assert called(office.stranger, office.app, name).status_code == 401, name


def test_a_screen_sees_its_wall_and_nothing_else(office: Office) -> None:
    for page in dash.page_registry.values():
        said = text_of(opened(office.screen, office.app, address_of(page)))
        assert ("wall-kpis" in said) is (page["right"] == "wall"), page["module"]
        assert page["right"] == "wall" or "无法显示" in said, page["module"]
    for name in rights_of(office.app).callbacks:
        answer = called(office.screen, office.app, name)
        assert answer.status_code == 400 or "没有“" in text_of(answer) or "令牌不可用" in text_of(answer), name
    for rule in office.app.server.url_map.iter_rules():
        if rule.endpoint in rights_of(office.app).routes and rule.endpoint != "wall_data":
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                assert office.screen.open(re.sub(r"<[^>]+>", "1", rule.rule), method=method).status_code == 401


def seen_numbers(who: Person) -> set[int]:
    with seen_by(who) as session:
        return set(session.scalars(select(Alert.id)))


@pytest.mark.parametrize("role", [role for role in ROLES if "see" in ROLES[role].rights])
def test_an_alert_out_of_scope_reads_as_one_that_does_not_exist(office: Office, role: str) -> None:
    client, seen = office.clients[role], seen_numbers(office.people[role])
    assert office.inside in seen
    assert office.outside not in seen
    there = text_of(opened(client, office.app, f"/alert/{office.inside}"))
    assert "alert-body" in there
    for address in ("/alert/{}", "/alert/{}?level=red"):
        gone, never = (
            nameless(main_of(opened(client, office.app, *address.format(n).partition("?")[::2])), n)
            for n in (office.outside, MISSING)
        )
        assert gone == never
        assert "alert-body" not in gone


@pytest.mark.parametrize("role", ROLES)
def test_routes_of_an_alert_out_of_scope_answer_as_for_none(office: Office, role: str) -> None:
    client, rights = office.clients[role], rights_of(office.app).routes
    for rule in office.app.server.url_map.iter_rules():
        if rule.endpoint not in rights or "<" not in rule.rule:
            continue
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            gone, never = (
                client.open(re.sub(r"<[^>]+>", str(n), rule.rule, count=1).replace("<attachment>", "1"), method=method)
                for n in (office.outside, MISSING)
            )
            assert gone.status_code == never.status_code >= 400, rule.rule
            assert nameless(text_of(gone), office.outside) == nameless(text_of(never), MISSING)


@pytest.mark.parametrize("role", ROLES)
def test_no_page_leads_to_an_alert_out_of_scope(office: Office, role: str) -> None:
    seen = seen_numbers(office.people[role])
    pages = [
        text_of(opened(office.clients[role], office.app, address_of(page))) for page in dash.page_registry.values()
    ]
    asked = {
        "queue-grid.getRowsRequest": {"startRow": 0, "endRow": 100},
        "queue-view.data": {"query": {}, "order": "likelihood"},
        "language.data": "zh",
    }
    rows = text_of(called(office.clients[role], office.app, "queue-grid.getRowsResponse", asked))
    numbers = {int(n) for said in (*pages, rows) for n in re.findall(r"/alert/(\d+)", said)}
    assert numbers <= seen
    if "see" in ROLES[role].rights:
        assert numbers


@pytest.mark.parametrize("role", ROLES)
def test_a_wall_out_of_scope_is_refused(office: Office, role: str) -> None:
    client, may = office.clients[role], "wall" in ROLES[role].rights
    assert client.get(f"/wall/data?scope={TOWN}").status_code == (200 if may else 403)
    for outside in (OTHER_TOWN, "990101", "99"):
        assert client.get(f"/wall/data?scope={outside}").status_code == 403


@pytest.mark.parametrize("role", ROLES)
def test_an_inquiry_of_another_department_reads_as_one_that_does_not_exist(office: Office, role: str) -> None:
    gone, never = (
        nameless(main_of(opened(office.clients[role], office.app, f"/inquiry/{n}")), n)
        for n in (office.inquiry, MISSING)
    )
    assert gone == never
    assert "请说明" not in gone


DAY = str(NOW.date() + timedelta(days=9))
FIELDS: Mapping[str, Mapping[str, str]] = {
    "dispatched": {"unit": UNIT, "note": "属该单位职责"},
    "transferred": {"unit": UNIT, "note": "属该单位职责"},
    "sent_back": {"note": "不属本单位职责"},
    "signed_in": {},
    "taken": {},
    "released": {"note": "工作调整"},
    "assigned": {"to": "inspector", "note": "请核查"},
    "handed_on": {"to": "inspector", "note": "请接办"},
    "verified": {"outcome": "C1", "note": "已与登记核对", "recovered": "0", "recoverable": "100"},
    "withdrawn": {},
    "returned": {"decision": "证据不足，请补充"},
    "eliminated": {"decision": "同意"},
    "downgraded": {"note": "情节轻微"},
    "rectified": {"note": "已整改到位", "recovered": "100"},
    "reversed": {"note": "结论与证据不符"},
    "measured": {"kind": "talk", "quantity": "1", "done_on": str(NOW.date())},
    "taken_back": {"id": str(ROW), "note": "误登记为他人"},
    "marked": {"id": str(ROW), "finding": "cleared"},
    "added": {"role": "handler", "name": "孙七", "number": "990101195001010018"},
    "asked": {"unit": OTHER_UNIT, "question": "请说明情况", "due_on": DAY},
    "ordered": {"reason": "overdue", "demand": "请尽快办理", "due_on": DAY},
    "order_answered": {"id": str(ROW), "answer": "已经办理完毕"},
    "lifted": {"id": str(ROW), "note": "已经办理完毕"},
    "unmasked": {"reason": "与户籍档案核对", "id": str(ROW)},
}
"""What a form of the alert page would post, by deed; `take_next` names no alert."""


def kept() -> dict[str, Any]:
    """How much the database holds, and every version, but for the record of who tried what."""
    with reading() as session:
        tables = [table for table in Table.metadata.tables.values() if not table.name.startswith("audit_")]
        counts = {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}
        rows = session.execute(select(Alert.id, Alert.version, Alert.status, Alert.assignee).order_by(Alert.id)).all()
        lasting = [
            session.get_one(one, ROW).__dict__ | {"_sa_instance_state": None}
            for one in (
                Responsible,
                Measure,
                HandlingOrder,
                LookBack,
                Suppression,
                PersonQuery,
                ClearanceReport,
                Inquiry,
            )
        ]
        return {"counts": counts, "alerts": [tuple(row) for row in rows], "rows": lasting}


def told(deed: Callable[[], object], *numbers: int) -> tuple[str, ...]:
    """What somebody is told who does a deed that is refused, without the numbers that were asked for."""
    with pytest.raises(MingjingError) as refused:
        deed()
    words = [type(refused.value).__name__, refused.value.words("zh"), refused.value.words("en")]
    for number in numbers:
        words = [nameless(said, number) for said in words]
    return tuple(words)


def _version(number: int) -> int:
    with reading() as session:
        return session.scalar(select(Alert.version).where(Alert.id == number)) or 1


def test_every_deed_of_an_alert_has_its_fields_here() -> None:
    assert {*FIELDS, "take_next"} == set(DEEDS)


@pytest.mark.parametrize("deed", FIELDS)
def test_a_deed_on_an_alert_out_of_scope_is_refused_as_on_none(office: Office, deed: str) -> None:
    before, version = kept(), _version(office.outside)
    for role, who in office.people.items():

        def done(number: int, row: int, who: Person = who) -> None:
            fields = FIELDS[deed] | ({"id": str(row)} if "id" in FIELDS[deed] else {})
            with acting(who) as session:
                DEEDS[deed](Deed(session, number, who, NOW, version, Posted(fields), Filter()))

        def posted(number: int, who: Person = who) -> None:
            with visiting(who):
                do({"deed": deed, "version": version, "fields": dict(FIELDS[deed])}, {"alert": number}, "zh")

        gone = told(lambda: done(office.outside, ROW), office.outside, ROW)
        assert gone == told(lambda: done(MISSING, MISSING), MISSING), role
        assert told(lambda: posted(office.outside), office.outside) == told(lambda: posted(MISSING), MISSING), role
    assert kept() == before


REACHES: Mapping[str, Callable[[Session, int, Person], object]] = {
    "look-back": lambda session, number, who: look_back.review(
        session, number, who, at=NOW, finding="upheld", note="已复核无误"
    ),
    "suppression lifted": lambda session, number, who: suppressions.lift(session, number, who, at=NOW),
    "suppression kept": lambda session, number, who: suppressions.review(session, number, who, at=NOW),
    "order answered": lambda session, number, who: supervision.answer(
        session, number, who, at=NOW, answer="已经办理完毕"
    ),
    "order lifted": lambda session, number, who: supervision.lift(session, number, who, at=NOW, note="已经办理完毕"),
    "person marked": lambda session, number, who: responsible.mark(session, number, who, at=NOW, finding="cleared"),
    "person query approved": lambda session, number, who: person_queries.decide(
        session, number, who, at=NOW, approve=True
    ),
    "inquiry answered": lambda session, number, who: inquiries.answer(session, number, who, at=NOW, answer="情况属实"),
    "clearance report read": lambda session, number, who: clearance.read(session, number, who, at=NOW),
    "file read": lambda session, number, who: attachments.read(session, number, who, at=NOW),
}
"""What is reached by the number of its own row, not of its alert."""


@pytest.mark.parametrize("reach", REACHES)
def test_a_row_of_an_alert_out_of_scope_is_refused_as_none(office: Office, reach: str) -> None:
    before = kept()
    for role, who in office.people.items():
        # The one who asked for the query knows of it.
        if reach == "person query approved" and role == "leader":
            continue

        def reached(number: int, who: Person = who) -> None:
            with acting(who) as session:
                REACHES[reach](session, number, who)

        assert told(lambda: reached(ROW), ROW) == told(lambda: reached(MISSING), MISSING), role
    assert kept() == before


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("deed", "to"), [("sign_in", ""), ("transfer", UNIT), ("assign", "inspector")])
def test_several_at_once_reach_no_further(office: Office, role: str, deed: str, to: str) -> None:
    before, who = kept(), office.people[role]

    def done(number: int) -> tuple[str, ...]:
        chosen = [bulk.Chosen(number, _version(number))]
        try:
            result = bulk.do(who, chosen, deed, at=NOW, to=to, note="属该单位职责")
        except NotPermitted as error:
            return ("NotPermitted", error.words("zh"))
        assert result.done == ()
        ((_, error),) = result.refused
        return (type(error).__name__, nameless(error.words("zh"), number))

    assert done(office.outside) == done(MISSING)
    assert kept() == before


def test_who_was_shown_an_alert_is_on_record_once_a_day_and_who_was_not_is_not(office: Office) -> None:
    def seen_by_record(code: str) -> list[str]:
        with reading() as session:
            wanted = select(AuditEntry.object_id).where(AuditEntry.action == "alert.seen", AuditEntry.actor == code)
            return list(session.scalars(wanted.where(AuditEntry.object_kind == "alert")))

    client = office.clients["model_author"]
    before = seen_by_record("model_author")
    with reading() as session:
        # Another than those of the tests above.
        wanted = select(Alert.id).where(Alert.region_code.startswith(TOWN), Alert.id != office.inside)
        number = session.scalars(wanted.order_by(Alert.id)).first()
    chosen = [{"id": str(number), "href": "/"}]
    preview = next(name for name in office.app.callback_map if "queue-preview.children" in name)
    for _ in range(2):
        called(client, office.app, preview, {"queue-grid.selectedRows": chosen, "language.data": "zh"})
        opened(client, office.app, f"/alert/{number}")
    for outside in (office.outside, MISSING):
        opened(client, office.app, f"/alert/{outside}")
        elsewhere = [{"id": str(outside), "href": "/"}]
        called(client, office.app, preview, {"queue-grid.selectedRows": elsewhere, "language.data": "zh"})
    assert seen_by_record("model_author") == [*before, str(number)]

"""The dossier: evidence by register, precedents counted with their interval, causes, history."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.cards import read_card
from data.causes import causes
from data.database import reading, writing
from data.dossier import dossier
from data.errors import NotFound
from data.outcomes import OUTCOMES
from data.register_catalogue import Register, RegisterColumn, define_register
from data.rights import seen_by
from data.states import TO_VERIFY
from data.supervision_models import install, offer
from data.tables import Alert, AlertEvidence, CollisionRun, Score, SupervisionModel
from tests.office_in_miniature import fill, settle
from tests.people import person
from tests.tables_in_text import card_named

NOW = datetime(2026, 11, 22, 6, 0)
CARD = """
code = "M01"
points = "是否及时停发"
[[policy]]
name = "实施细则"
clause = "户籍迁出次月起停发"
[[rule]]
code = "M01-R1"
name = "户籍迁出后仍发放"
clash = ["benefit_payment.pay_month", "person.hukou_out_date"]
[[innocent_cause]]
code = "F02"
name = "区划调整"
name_en = "Boundary change"
ask_for = "区划变更文件"
ask_for_en = "Notice"
"""


@pytest.fixture
def filled(office: Path) -> Path:
    fill(now=NOW, n_alerts=100)
    return office


def to_verify_id(source: str = "M01") -> int:
    with reading() as session:
        query = select(Alert.id).where(Alert.source == source, Alert.status.in_(TO_VERIFY)).order_by(Alert.id)
        return session.scalars(query.limit(1)).one()


def test_evidence_stands_by_register_under_filed_names(filled: Path) -> None:
    with reading() as session:
        found = dossier(session, to_verify_id())
    payment, person = found.evidence
    assert (payment.title, person.title, payment.supplier) == ("惠民资金发放", "户籍人口", "民政局")
    assert payment.columns[0] == ("pay_id", "发放编号")
    assert len(payment.rows) > 1
    assert len(person.rows) == 1, "the same row of a register is shown once"


def test_evidence_of_an_unknown_register_is_shown_as_it_is(small_office: Path) -> None:
    fill(now=NOW, n_alerts=10)
    with writing() as session:
        content = json.dumps({"ledger.memo": "x", "loose": 3})
        session.add(AlertEvidence(alert_id=1, row_key="new", content=content))
    with reading() as session:
        shown = {r.name: r for r in dossier(session, 1).evidence}
    assert shown["ledger"].rows == ({"memo": "x"},)
    assert shown[""].columns == (("loose", "loose"),)


def test_evidence_of_an_own_register_stands_under_its_titles(small_office: Path) -> None:
    fill(now=NOW, n_alerts=10)
    firms = Register("own_firms", "企业登记信息", "Firms", "市场监管局", {"a": RegisterColumn("a", "date", "成立日期")})
    with writing() as session:
        define_register(session, firms, by="author", at=NOW)
        content = json.dumps({"own_firms.a": "2024-01-01"})
        session.add(AlertEvidence(alert_id=1, row_key="new", content=content))
    with reading() as session:
        shown = next(one for one in dossier(session, 1).evidence if one.name == "own_firms")
    assert (shown.title, shown.supplier, shown.columns) == ("企业登记信息", "市场监管局", (("a", "成立日期"),))


def test_codes_of_places_in_the_evidence_get_their_names(small_office: Path) -> None:
    fill(now=NOW, n_alerts=1)
    with writing() as session:
        content = json.dumps({"cash_journal.village": "990101001002", "cash_journal.row_id": "990101"})
        session.add(AlertEvidence(alert_id=1, row_key="new", content=content))
    with reading() as session:
        assert dossier(session, 1).places["990101001002"][0] == "高桥镇 西村"


def test_precedents_are_the_concluded_alerts_of_the_same_rule(filled: Path) -> None:
    alert_id = to_verify_id()
    with reading() as session:
        found = dossier(session, alert_id).precedents
        query = select(Alert).where(Alert.source == "M01", Alert.concluded_at.is_not(None))
        past = list(session.scalars(query))
    concluded = [a for a in past if OUTCOMES[a.outcome or ""].concluded]
    assert found.n_concluded == len(concluded) > 5
    assert found.n_confirmed == sum(OUTCOMES[a.outcome or ""].confirmed for a in concluded)
    assert found.low is not None and found.high is not None
    assert 0 <= found.low < found.n_confirmed / found.n_concluded < found.high <= 1
    assert sum(found.by_outcome.values()) == len(past)
    assert 0 < len(found.nearest) <= 6


def test_the_nearest_precedent_is_the_one_in_the_same_village_with_a_like_amount(small_office: Path) -> None:
    fill(now=NOW, n_alerts=100)
    with writing() as session:
        mine = session.get_one(Alert, to_verify_id())
        same = {
            "source": mine.source, "rule": mine.rule, "status": "closed", "outcome": "C2", "subject_kind": "person",
            "subject_key": "k", "subject_display": "", "title": "t", "title_en": "t", "attributes": "{}",
            "raised_at": NOW - timedelta(days=90), "concluded_at": NOW - timedelta(days=80),
        }  # fmt: skip
        near = Alert(alert_key="near", region_code=mine.region_code, level=mine.level, amount=mine.amount, **same)
        far = Alert(alert_key="far", region_code="990101008", level="yellow", amount=(mine.amount or 1) * 50, **same)
        session.add_all([far, near])
        session.flush()
        near_id = near.id
    with reading() as session:
        assert dossier(session, to_verify_id()).precedents.nearest[0].id == near_id


def test_before_the_first_conclusion_there_is_no_rate(small_office: Path) -> None:
    fill(now=NOW, n_alerts=5)
    with writing() as session:
        session.get_one(Alert, 1).source = "new source"
    with reading() as session:
        found = dossier(session, 1)
    assert (found.precedents.n_concluded, found.precedents.low, found.precedents.nearest) == (0, None, ())
    assert found.model == "new source"


def test_known_causes_are_the_cards_then_those_met(filled: Path) -> None:
    with writing() as session:
        session.get_one(SupervisionModel, ("M01", 1)).card = CARD
        settle(session, to_verify_id("M01"), "E1", cause="F14", at=NOW)
    with reading() as session:
        found = {cause.code: cause for cause in dossier(session, to_verify_id()).known_causes}
    assert list(found)[:1] == ["F02"]
    assert (found["F02"].ask_for, found["F02"].on_card, found["F02"].n_met) == ("区划变更文件", True, 0)
    assert (found["F14"].name, found["F14"].on_card, found["F14"].n_met) == ("村镇合并", False, 1)


def test_the_card_says_on_what_it_rests_and_which_cells_clash(small_office: Path) -> None:
    fill(now=NOW, n_alerts=100)
    with writing() as session:
        session.get_one(SupervisionModel, ("M01", 1)).card = CARD
    with reading() as session:
        found = dossier(session, to_verify_id())
    assert found.basis.policies == (("实施细则", "户籍迁出次月起停发"),)
    assert found.basis.rule == "户籍迁出后仍发放"
    payment, person = found.evidence
    assert (payment.clashing, person.clashing) == ({"pay_month"}, {"hukou_out_date"})


def test_the_card_is_that_of_the_version_which_raised_the_alert(small_office: Path) -> None:
    fill(now=NOW, n_alerts=2)
    newer = card_named("M01").text.replace("version = 1", "version = 2").replace('points = "', 'points = "新：')
    draft = newer.replace("version = 2", "version = 3")
    with writing() as session:
        install(session, read_card(newer))
        offer(session, read_card(draft.replace('points = "', 'points = "拟：')), at=NOW)
        run = CollisionRun(
            model_code="M01", model_version=1, as_of=NOW, parameters="{}", filings="{}", n_hits=1, n_new=1,
            n_extended=0, started_at=NOW, ended_at=NOW,
        )  # fmt: skip
        session.add(run)
        session.flush()
        for alert in session.scalars(select(Alert)):
            alert.source, alert.run_id = "M01", run.id if alert.id == 1 else None
    with reading() as session:
        assert dossier(session, 1).basis.points == card_named("M01").points
        assert dossier(session, 2).basis.points == "新：" + card_named("M01").points, "raised by no run: the active"
    with writing() as session:
        session.get_one(SupervisionModel, ("M01", 2)).status = "retired"
    with reading() as session:
        assert dossier(session, 2).basis.points.startswith("新："), "a draft has raised nothing yet"


def test_a_register_compared_with_itself_gives_two_rows(small_office: Path) -> None:
    fill(now=NOW, n_alerts=1)
    content = {"cash_journal.row_id": "1", "cash_journal.amount": 9, "cash_journal.row_id (other)": "2"}
    with writing() as session:
        session.add(AlertEvidence(alert_id=1, row_key="new", content=json.dumps(content)))
    with reading() as session:
        journal = next(r for r in dossier(session, 1).evidence if r.name == "cash_journal")
    assert journal.rows == ({"row_id": "1", "amount": 9}, {"row_id": "2"})


def test_history_is_in_order_with_who_did_it(filled: Path) -> None:
    with writing() as session:
        alert_id = session.scalars(select(Alert.id).where(Alert.status == "accepted").limit(1)).one()
        settle(session, alert_id, "H1", note="等公安复函", at=NOW)
        settle(session, alert_id, "E1", cause="F14", at=NOW + timedelta(days=1))
    with reading() as session:
        found = dossier(session, alert_id)
    done = [(e.kind, e.from_status, e.to_status) for e in found.history[3:]]
    assert done == [
        ("taken", "accepted", "verifying"),
        ("held", "verifying", "held"),
        ("taken", "held", "verifying"),
        ("requested", "verifying", "approving"),
        ("eliminated", "approving", "closed"),
    ]
    assert [e.version for e in found.history] == list(range(1, 9))
    assert found.alert.version == 8
    assert found.history[4].note == "等公安复函"
    assert (found.history[-1].outcome, found.history[-1].cause) == ("E1", "F14")
    assert found.names["collision"] == ("数据碰撞", "Collision")
    assert found.names[found.history[2].actor][0].endswith(("甲", "乙")), "an account's own name"


def test_what_the_loop_keeps_with_an_alert(filled: Path) -> None:
    with reading() as session:
        rows = {a.status: a.id for a in session.scalars(select(Alert).order_by(Alert.id))}
        asked = dossier(session, rows["approving"])
        ended = dossier(session, session.scalars(select(Alert.id).where(Alert.outcome == "E1")).first() or 0)
        supervised = session.scalars(select(Alert.id).where(Alert.supervised_at.is_not(None))).first() or 0
        ordered = dossier(session, supervised)
    assert asked.asked is not None
    assert (asked.asked.requested_by, asked.order) == (asked.alert.assignee, None)
    assert ended.asked is None
    assert ended.eliminations[-1].state == "approved"
    assert ended.names["county.approver"][0] == "县审批"
    assert ordered.order is not None
    assert ordered.order.demand
    with reading() as session:
        handled = dossier(session, 3)
    assert [(one.role, one.display) for one in handled.responsible] == [("handler", "孙某某")]


def test_an_alert_outside_the_scope_is_not_found_and_is_no_precedent(filled: Path) -> None:
    with reading() as session:
        units = {a.unit_code: a.id for a in session.scalars(select(Alert)) if a.unit_code}
    with seen_by(person("inspector", unit_code="U1")) as session:
        with pytest.raises(NotFound, match="outside your scope"):
            dossier(session, units["U2"])
        own = dossier(session, units["U1"])
        alike = [a for a in session.scalars(select(Alert).where(Alert.concluded_at.is_not(None)))
                 if (a.source, a.rule) == (own.alert.source, own.alert.rule) and a.id != own.alert.id]  # fmt: skip
    assert {a.unit_code for a in alike} == {"U1"}
    assert sum(own.precedents.by_outcome.values()) == len(alike) > 0
    assert {past.id for past in own.precedents.nearest} <= {a.id for a in alike}


def test_an_alert_without_score_place_or_evidence_is_still_a_dossier(small_office: Path) -> None:
    with writing() as session:
        session.add(
            Alert(
                alert_key="feed|1",
                source="hotline",
                rule="r",
                level="yellow",
                status="waiting",
                subject_kind="other",
                subject_key="k",
                subject_display="",
                title="t",
                title_en="t",
                raised_at=NOW,
                attributes='{"channel": "12345"}',
            )
        )
    with reading() as session:
        found = dossier(session, 1)
    assert (found.score, found.place, found.evidence) == (None, "", ())
    assert found.attributes == {"channel": "12345"}


def test_what_scored_it_is_said(filled: Path) -> None:
    alert_id = to_verify_id()
    with reading() as session:
        found = dossier(session, alert_id).score
        assert found is not None
        assert (found.n_learned, found.trained_at) == (200, NOW)
    with writing() as session:
        session.get_one(Score, alert_id).risk_model_id = None
    with reading() as session:
        found = dossier(session, alert_id).score
    assert found is not None
    assert found.n_learned is None


def test_an_alert_that_is_not_there(small_office: Path) -> None:
    with reading() as session, pytest.raises(NotFound, match=r"no alert 7\b.*queue"):
        dossier(session, 7)


def test_every_cause_says_what_to_ask_for() -> None:
    assert [code for code in causes() if code != "F08b"] == [f"F{n:02}" for n in range(1, 39)]
    for cause in causes().values():
        assert all((cause.name, cause.name_en, cause.ask_for, cause.ask_for_en)), cause.code
        assert len(cause.code) <= 4

"""The office's own queue: what is open is scored and in order, what is closed leaves, a new risk model scores anew."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from data import risk_models
from data.alert_stream import alert_stream
from data.database import reading, writing
from data.errors import FeatureMismatch, NoLiveRiskModel
from data.states import CONCLUDED
from data.tables import Alert, RiskModel, Score
from scoring import office as ranking
from scoring import registry
from tests.office_in_miniature import fill, settle
from tests.people import everybody

NOW = datetime(2026, 11, 22, 6)


@pytest.fixture
def trained(office: Path) -> None:
    with writing() as session:
        fill(session, now=NOW)
        session.execute(delete(Score))
        session.execute(delete(RiskModel))
    ranking.train_and_score(now=NOW)


def in_queue() -> list[tuple[int, int, float]]:
    with reading() as session:
        rows = session.execute(
            select(Score.queue_rank, Score.alert_id, Score.p_confirmed)
            .where(Score.queue_rank.is_not(None))
            .order_by(Score.queue_rank)
        )
        return [(rank, alert_id, p) for rank, alert_id, p in rows]


def test_every_alert_that_is_not_concluded_is_scored_and_ranked_likeliest_first(trained: None) -> None:
    queue = in_queue()
    with reading() as session:
        n_open = session.scalar(select(func.count()).where(Alert.status.not_in(CONCLUDED)))
    assert [rank for rank, _, _ in queue] == list(range(1, (n_open or 0) + 1))
    likelihoods = [p for _, _, p in queue]
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert ranking.score_open(now=NOW) == 0, "nothing new, nothing to do"


def test_many_alerts_are_stored_a_part_at_a_time_and_end_up_in_one_order(
    trained: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = in_queue()
    with writing() as session:
        told = session.scalars(select(Score.reasons).order_by(Score.alert_id)).all()
        session.execute(delete(Score))
    monkeypatch.setattr(ranking, "AT_ONCE", len(before) // 3)
    assert ranking.score_open(now=NOW) == len(before)
    assert in_queue() == before
    with reading() as session:
        assert session.scalars(select(Score.reasons).order_by(Score.alert_id)).all() == told


def test_a_concluded_alert_leaves_the_queue_and_the_rest_move_up(trained: None) -> None:
    first, second = in_queue()[0][1], in_queue()[1][1]
    with writing() as session:
        settle(session, first, "C1", at=NOW)
        assert session.get_one(Alert, first).status == "rectifying", "being put right is not waiting to be verified"
    ranking.score_open(now=NOW)
    queue = in_queue()
    assert first not in [alert_id for _, alert_id, _ in queue]
    assert queue[0][:2] == (1, second)


def test_a_new_risk_model_scores_the_queue_anew_and_the_old_one_is_kept(trained: None) -> None:
    with writing() as session:
        alert_id = in_queue()[0][1]
        settle(session, alert_id, "E1", at=NOW)
    filed = ranking.train(now=NOW + timedelta(days=1))
    if filed.state == "challenger":
        with writing() as session:
            risk_models.promote(session, filed.id, everybody(), at=NOW + timedelta(days=1), reason="结论更新")
    assert ranking.score_open(now=NOW + timedelta(days=1)) == len(in_queue())
    with reading() as session:
        states = session.execute(select(RiskModel.id, RiskModel.state)).all()
        assert sorted(state for _, state in states) == ["live", "retired"]
        assert registry.live(session).id == filed.id
        scored = set(session.scalars(select(Score.scored_at).where(Score.queue_rank.is_not(None))))
        assert scored == {NOW + timedelta(days=1)}


def test_the_stream_labels_only_what_an_outcome_teaches(trained: None) -> None:
    with reading() as session:
        stream = alert_stream(session)
        closed = {row.id: row.outcome for row in session.execute(select(Alert.id, Alert.outcome))}
    labels = dict(zip(stream.alert_id.astype(int), stream.label, strict=True))
    for alert_id, outcome in closed.items():
        if outcome in {"C0", "C1", "C2", "C3"}:
            assert labels[alert_id] == 1.0
        elif outcome in {"D1", "E1"}:
            assert labels[alert_id] == 0.0
        else:
            assert labels[alert_id] != labels[alert_id], f"{outcome} teaches nothing"
    assert "unit_code" not in stream.columns


def test_a_new_office_has_no_order_until_it_learnt_and_says_so(office: Path) -> None:
    assert ranking.score_open(now=NOW) == 0, "an empty office has nothing to score"
    with writing() as session:
        fill(session, now=NOW, n_alerts=30)
        session.execute(delete(Score))
        session.execute(delete(RiskModel))
    with pytest.raises(NoLiveRiskModel, match="mingjing train"):
        ranking.score_open(now=NOW)
    ranking.train(now=NOW)
    assert ranking.prior_stands_in(), "30 alerts are too little history"
    assert ranking.score_open(now=NOW) > 0
    with reading() as session:
        assert set(session.scalars(select(Score.risk_model_id))) == {None}, "the page says that the past rate stands in"
    assert ranking.score_open(now=NOW) == 0


def test_what_an_alert_may_bring_back_follows_its_present_amount(trained: None) -> None:
    alert_id = in_queue()[0][1]
    with writing() as session:
        session.get_one(Alert, alert_id).recoverable = 50_000.0
    ranking.score_open(now=NOW)
    with reading() as session:
        score = session.get_one(Score, alert_id)
        assert score.expected_recoverable == pytest.approx(50_000 * score.p_confirmed)


def test_at_most_one_risk_model_is_live(trained: None) -> None:
    for days in (1, 2):
        with writing() as session:
            settle(session, in_queue()[0][1], "C1", at=NOW)
        ranking.train(now=NOW + timedelta(days=days))
        ranking.score_open(now=NOW + timedelta(days=days))
    with reading() as session:
        live = session.scalars(select(RiskModel.id).where(RiskModel.state == "live")).all()
    assert len(live) == 1


def test_while_scores_are_withdrawn_the_past_rate_stands_in(trained: None) -> None:
    before = in_queue()
    with writing() as session:
        risk_models.withdraw(session, everybody(), at=NOW + timedelta(hours=1), reason="数据来源异常")
    assert ranking.score_open(now=NOW + timedelta(hours=1)) == len(before)
    with reading() as session:
        assert set(session.scalars(select(Score.risk_model_id))) == {None}
        reasons = [json.loads(text)["items"] for text in session.scalars(select(Score.reasons))]
        assert {item["feature"] for items in reasons for item in items} <= {"source"}
    assert ranking.score_open(now=NOW + timedelta(hours=2)) == 0, "scored once, not again and again"
    with writing() as session:
        risk_models.restore(session, everybody(), at=NOW + timedelta(hours=3), reason="数据已恢复")
    assert ranking.score_open(now=NOW + timedelta(hours=3)) == len(before)
    assert in_queue() == before


def test_what_another_version_made_is_made_anew_from_the_same_outcomes_and_live(trained: None) -> None:
    with writing() as session:
        made = session.scalars(select(RiskModel).where(RiskModel.state == "live")).one()
        content = json.loads(made.content)
        content["prints"]["code"] = "another version"
        made.content, made.fingerprint = json.dumps(content), "f" * 64
        number, as_of = made.id, made.as_of
        settle(session, in_queue()[0][1], "C1", at=NOW + timedelta(minutes=1))
    later = NOW + timedelta(hours=1)
    with pytest.raises(FeatureMismatch):
        ranking.score_open(now=later)
    ranking.remake(now=later)
    with reading() as session:
        live, kinds = risk_models.live_model(session), [one.kind for one in risk_models.events(session)]
    assert live.id != number
    assert live.as_of == as_of, "nothing newer is learnt from than what a person approved"
    assert kinds[0] == "remade"
    assert ranking.score_open(now=later) == len(in_queue())


def test_the_figures_of_all_alerts_are_filed_with_a_risk_model(trained: None) -> None:
    with writing() as session:
        session.execute(update(Alert).values(check_share=0.5))
        session.execute(update(Alert).where(Alert.id % 2 == 0).values(drawn=True))
    filed = ranking.train(now=NOW + timedelta(days=1))
    found = json.loads(filed.metrics)["unbiased"]
    assert 0 < found["n_concluded"] <= found["n_drawn"] < found["n_alerts"]
    assert found["confirmed"]["low"] <= found["confirmed"]["value"] <= found["confirmed"]["high"]

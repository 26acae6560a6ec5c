"""From a live model that is looked at to a challenger that is proposed, put live and scores the queue: one office."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, select

from data import risk_models
from data.database import reading, writing
from data.tables import Alert, RiskModel, Score
from scoring import office, watch_over
from tests.office_in_miniature import fill
from tests.people import everybody

NOW = datetime(2026, 11, 22, 6)
BEGAN = NOW - timedelta(days=60)


@pytest.fixture
def turned(small_office: Path) -> None:
    """An office whose alerts foretold their outcomes by one attribute, and for two months now by another."""
    rng = np.random.Generator(np.random.PCG64(3))
    n = 1100
    with writing() as session:
        fill(session, now=NOW, n_alerts=20)
        session.execute(delete(Score))
        session.execute(delete(RiskModel))
        for i in range(n):
            at = NOW - timedelta(days=float(400 * (n - i) / n))
            told, other = rng.normal(), rng.normal()
            hit = rng.random() < 1 / (1 + np.exp(-2.5 * (told if at < BEGAN else 2 * other)))
            waiting = i % 25 == 0
            session.add(
                Alert(
                    alert_key=f"turned|{i}", source="turned", rule="", level="red", subject_kind="other",
                    status="accepted" if waiting else "closed", outcome=None if waiting else "C1" if hit else "E1",
                    concluded_at=None if waiting else at + timedelta(hours=5), subject_key=f"k{i}", subject_display="",
                    title="?", title_en="?", raised_at=at, attributes=json.dumps({"told": told, "other": other}),
                )
            )  # fmt: skip


def test_a_model_that_the_world_left_behind_is_found_out_and_another_proposed(turned: None) -> None:
    assert office.train(now=BEGAN).state == "live"
    with reading() as session:
        first = risk_models.live_model(session)
    assert not first.stands_in
    assert first.metrics["better_than_chance"]
    assert watch_over.look_if_due(now=NOW)
    assert not watch_over.look_if_due(now=NOW + timedelta(hours=1)), "looked at once a day"
    with reading() as session:
        _, told = risk_models.newest_check(session, first.id)
        events = {one.kind: one for one in risk_models.events(session)}
        waiting = risk_models.one_model(session, events["proposed"].risk_model_id)
    assert told["measured"]["high"] < first.metrics["figures"]["auc"]["value"]
    assert (waiting.state, waiting.verdict) == ("challenger", "better")
    with reading() as session:
        assert risk_models.live_model(session).id == first.id, "a person puts it live, nothing else does"
    with writing() as session:
        risk_models.promote(session, waiting.id, everybody(), at=NOW, reason="规律已变，新模型更好")
    office.score_open(now=NOW)
    with reading() as session:
        assert set(session.scalars(select(Score.risk_model_id))) == {waiting.id}

"""What an alert says was recovered is the sum of its entries, also once its verdict was taken back or it is held."""

from pathlib import Path

from data import look_back, measures, recovery
from data.database import reading, writing
from data.loop import advance, locked
from data.rights import acting
from data.tables import Alert
from data.verification import conclude, hold
from tests.loop_in_miniature import APPROVER, COLLEAGUE, VERIFIER, furnish, later, taken


def test_money_stays_through_a_reversal_and_a_hold(small_office: Path) -> None:
    furnish()
    alert_id = taken()

    def stands() -> None:
        with reading() as session:
            assert session.get_one(Alert, alert_id).recovered == recovery.received(session, alert_id) == 800

    with acting(VERIFIER) as session:
        conclude(session, alert_id, VERIFIER, at=later(1), outcome="C2", note="确有超发", recovered=500)
        day = later(2).date()
        measures.add(session, alert_id, VERIFIER, at=later(2), kind="recovery", quantity=300, done_on=day)
    stands()
    with acting(APPROVER) as session:
        look_back.reverse(session, alert_id, APPROVER, at=later(3), note="证据不足，重新核查")
    stands()
    with writing() as session:
        advance(session, locked(session, alert_id), "taken", COLLEAGUE, at=later(4))
    with acting(COLLEAGUE) as session:
        hold(session, alert_id, COLLEAGUE, at=later(5), note="等待银行流水")
    stands()

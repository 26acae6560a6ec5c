"""Two reviewers who draw at the same moment never draw one closing twice, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from data.look_back import draw
from data.rights import Person, acting
from data.verification import conclude
from tests.loop_in_miniature import APPROVER, SECOND_APPROVER, VERIFIER, furnish, later, taken


def test_two_who_draw_at_once_never_draw_one_closing_twice(office: Path) -> None:
    furnish()
    closed = [taken(n) for n in range(1, 7)]
    for number, alert_id in enumerate(closed):
        with acting(VERIFIER) as session:
            conclude(session, alert_id, VERIFIER, at=later(1 + number), outcome="D1", note="登记日期录错")
    together = Barrier(2)

    def drawn(person: Person) -> list[int]:
        with acting(person) as session:
            together.wait(20)
            return [one.alert_id for one in draw(session, person, at=later(10), n=6, seed=7)]

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(drawn, (APPROVER, SECOND_APPROVER))
    assert sorted(first + second) == closed

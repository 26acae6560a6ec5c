"""Names behind the codes of events and audit entries."""

from pathlib import Path

from data import actors
from data.database import reading
from tests.staff_in_miniature import furnish, hire


def test_everybody_who_acts_has_a_name(office: Path) -> None:
    furnish()
    hire("li")
    with reading() as session:
        found = actors.names(session, ["li", "collision", "token:大厅", "U1核查员1", None, "li"])
        english = actors.names(session, ["collision"], language="en")
        assert actors.names(session, []) == {}
        assert len(actors.names(session, [f"nobody{n}" for n in range(1200)])) == 1200
    assert found == {"li": "li某", "collision": "数据碰撞", "token:大厅": "大厅", "U1核查员1": "U1核查员1"}
    assert english == {"collision": "Collision"}

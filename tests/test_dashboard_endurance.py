"""Many people on one server that is killed in between: nothing told is lost, nothing stands half-written."""

import os
from pathlib import Path

import pytest

from data.office_time import utc_now
from tests.endurance import Server, work, wrongs
from tests.office_in_miniature import fill


@pytest.mark.slow
def test_people_work_on_while_the_server_is_killed(office: Path) -> None:
    fill(now=utc_now())
    names = ("MINGJING_HOME", "MINGJING_DATABASE_URL")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    report = work(Server(environment), people=8, seconds=25, kills=2)
    assert wrongs(report) == []
    assert report.n_killed == 2
    assert report.failed == []
    assert report.done["taken"], "nobody got anything to do"
    assert report.done.total() > 10

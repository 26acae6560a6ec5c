"""The doors where something stands in the way: nothing of an office is deleted or half written, and it is said why."""

from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from dashboard.doors import demo as demo_door
from dashboard.doors import feeds, ranking, serve
from dashboard.doors import office as office_doors
from dashboard.doors.out_files import check_out
from data.database import engine, reading, writing
from data.errors import InputRefused, NotFound, Stopped
from data.people_tables import Account
from data.simulator.furnishing import LEGAL_BASIS
from data.tables import Alert, AlertEvent, DatasetFiling, Unit
from tests.office_in_miniature import fill

NOW = datetime(2026, 11, 20, 12)


def open_door(*arguments: str) -> Result:
    return CliRunner().invoke(demo_door.demo, ["--preset", "xs", *arguments], catch_exceptions=False)


def add_filing(kind: str, legal_basis: str = "") -> None:
    with writing() as session:
        session.add(
            DatasetFiling(
                kind=kind, name="clues", version=1, content_hash="a" * 64, supplier="", legal_basis=legal_basis,
                purpose="", path=None, n_rows=1, n_refused=0, received_at=NOW,
            )
        )  # fmt: skip


def n_of(table: type[Alert | DatasetFiling]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def break_off(home: Path) -> None:
    (home / "truth").mkdir(parents=True)


@pytest.fixture
def stopped_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build in which DuckDB hears Ctrl-C once the truth is written."""

    def build(*_: object, **__: object) -> None:
        break_off(Path(str(engine().url.database)).parent)
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(demo_door, "build_office", build)


@pytest.mark.parametrize("kind", ["feed", "register"])
def test_a_broken_off_demo_does_not_take_filings_with_it(small_office: Path, kind: str) -> None:
    break_off(small_office)
    add_filing(kind)
    with pytest.raises(InputRefused, match=r"not its own; `mingjing demo --fresh` deletes them all"):
        open_door()
    assert n_of(DatasetFiling) == 1


def test_a_broken_off_demo_does_not_take_verdicts_with_it(small_office: Path) -> None:
    break_off(small_office)
    fill(now=NOW, n_alerts=3)
    with writing() as session:
        alert = session.scalars(select(Alert)).first()
        assert alert is not None
        session.add(AlertEvent(alert_id=alert.id, at=NOW, actor="wang", kind="noted", to_status="accepted", note=""))
    with pytest.raises(InputRefused, match="not its own"):
        open_door()
    assert n_of(Alert) == 3


def test_a_broken_off_demo_does_not_take_accounts_with_it(small_office: Path) -> None:
    break_off(small_office)
    fill(now=NOW, n_alerts=1)
    with writing() as session:
        unit = session.scalars(select(Unit.code)).first()
        session.add(
            Account(
                code="wang", name="王某", unit_code=unit, state="active", must_change=True, n_failed=0, created_at=NOW,
                created_by="command_line",
            )
        )  # fmt: skip
    with pytest.raises(InputRefused, match="not its own"):
        open_door()


def test_a_broken_off_demo_alone_is_cleared_away(small_office: Path, stopped_build: None) -> None:
    break_off(small_office)
    (small_office / "truth" / "old.parquet").touch()
    (small_office / "attachments").mkdir()
    add_filing("register", LEGAL_BASIS)
    with pytest.raises(Stopped):
        open_door()
    assert not (small_office / "truth" / "old.parquet").exists()
    assert not (small_office / "attachments").exists()
    assert n_of(DatasetFiling) == 0


def test_a_stopped_build_says_that_it_is_cleared_away(small_office: Path, stopped_build: None) -> None:
    with pytest.raises(
        Stopped, match=r"^stopped; the half-built office is cleared away at the next `mingjing demo`\.$"
    ):
        open_door()


def test_an_office_of_ones_own_is_not_called_the_demonstration(small_office: Path) -> None:
    add_filing("feed")
    result = open_door()
    assert result.exit_code == 0
    assert "an office of its own already" in result.stdout
    assert "--fresh would delete" in result.stdout
    assert "built already" not in result.stdout
    assert n_of(DatasetFiling) == 1


def test_fresh_leaves_a_database_elsewhere_alone(small_office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_filing("feed")
    monkeypatch.setenv("MINGJING_DATABASE_URL", f"sqlite:///{small_office / 'other.db'}")
    with pytest.raises(InputRefused, match="--fresh: got a database of your own"):
        open_door("--fresh")
    monkeypatch.delenv("MINGJING_DATABASE_URL")
    assert n_of(DatasetFiling) == 1


FEED = "alert_id,raised_at,outcome\n1,2024-05-01,confirmed\n2,2024-05-02,dismissed\n"


@pytest.fixture
def feed(tmp_path: Path) -> str:
    path = tmp_path / "feed.csv"
    path.write_text(FEED, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("out", "reason"),
    [
        ("folder.csv", "this is a folder"),
        ("gone/out.csv", "does not exist; make it first"),
        ("feed.csv/out.csv", "does not exist; make it first"),
        ("/proc/out.csv", "it cannot be written"),
        ("x" * 300 + ".csv", "File name too long"),
        ("out.txt", "a name ending in .csv or"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_work(feed: str, tmp_path: Path, out: str, reason: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    # A feed that is not there would be refused too, but later.
    arguments = ["--past", "gone.csv", "--new", feed, "--out", str(tmp_path / out)]
    with pytest.raises(InputRefused, match=reason) as refusal:
        CliRunner().invoke(ranking.rank, arguments, catch_exceptions=False)
    assert "Errno" not in str(refusal.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feed.csv", "folder.csv"]


def test_what_can_be_written_is_tried_without_a_trace(tmp_path: Path) -> None:
    kept = tmp_path / "kept.csv"
    kept.write_text("kept")
    check_out(tmp_path / "new.csv", [".csv"])
    check_out(kept, [".csv"])
    assert [path.name for path in tmp_path.iterdir()] == ["kept.csv"]
    assert kept.read_text() == "kept"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--every", "²d"],
        ["--every", "0d"],
        ["--every", "99999d"],
        ["--every", "9" * 5000],
        ["--from", "0001-01-01"],
        ["--from", "9999-12-31"],
        ["--from", "soon"],
    ],
)
def test_spans_that_no_feed_has_are_refused(feed: str, arguments: list[str]) -> None:
    with pytest.raises(InputRefused, match=rf"^{arguments[0]} .* is expected\.$"):
        CliRunner().invoke(ranking.evaluate, ["--feed", feed, *arguments], catch_exceptions=False)


@pytest.mark.parametrize("number", ["0", "-1", "7", "2147483648", "9" * 24])
def test_a_filing_of_no_such_number_is_not_found(office: Path, number: str) -> None:
    with pytest.raises(NotFound, match="no filing"):
        CliRunner().invoke(feeds.refused, ["--", number], catch_exceptions=False)


@pytest.mark.parametrize("name", ["n" * 61, "two\nlines", "\u202ebackwards"])
def test_a_feed_has_a_name_that_can_be_kept_and_shown(small_office: Path, feed: str, name: str) -> None:
    with pytest.raises(InputRefused, match=r"^--name: got .* give a shorter or plainer name"):
        CliRunner().invoke(feeds.import_feed, [feed, "--name", name], catch_exceptions=False)
    assert n_of(DatasetFiling) == 0


@pytest.mark.parametrize("options", [[], ["--register", "person"]])
def test_a_folder_is_called_a_folder(small_office: Path, tmp_path: Path, options: list[str]) -> None:
    with pytest.raises(InputRefused, match="this is a folder; "):
        CliRunner().invoke(feeds.import_feed, [str(tmp_path), *options], catch_exceptions=False)


@pytest.mark.parametrize("host", ["nosuchhost.invalid", "192.0.2.1", "tcp://x", "x" * 300, "2001:db8::1"])
def test_a_host_that_is_not_this_machine_is_wrong_not_the_port(small_office: Path, host: str) -> None:
    with pytest.raises(InputRefused, match=r"Cannot listen on the host .*--host") as refusal:
        CliRunner().invoke(serve.serve, ["--host", host], catch_exceptions=False)
    assert "port" not in str(refusal.value)


def test_a_replay_is_lived_through_in_an_empty_office_that_opens(small_office: Path) -> None:
    said = CliRunner().invoke(demo_door.demo, ["--replay", "twin-expenses"], catch_exceptions=False).output
    assert "leader" in said
    assert "two expenses of 33,630" in said
    assert "1 alert: 1 closed, of which 1 confirmed." in said
    assert "/queue?status=closed" in said
    assert n_of(Alert) == 1


def test_a_replay_needs_an_empty_office_a_known_name_and_nothing_beside_it(small_office: Path) -> None:
    fill(now=NOW, n_alerts=1)
    refused = {
        ("twin-expenses",): "is not empty, and a replay needs an empty one",
        ("lisst",): "expected one of these; choose one.\n  allowance-without-hukou: 212 people",
        ("twin-expenses", "--seed", "3"): "got --seed beside it",
    }
    for arguments, why in refused.items():
        with pytest.raises(InputRefused) as refusal:
            CliRunner().invoke(demo_door.demo, ["--replay", *arguments], catch_exceptions=False)
        assert why in str(refusal.value)


def test_the_replays_are_listed_as_an_answer(small_office: Path) -> None:
    answer = CliRunner().invoke(demo_door.demo, ["--replay", "list"], catch_exceptions=False)
    assert answer.exit_code == 0
    assert answer.output.startswith("  allowance-without-hukou: 212 people")


def test_there_is_nothing_to_learn_in_an_office_without_alerts(small_office: Path) -> None:
    with pytest.raises(NotFound, match="no alerts to learn from; `mingjing import`"):
        CliRunner().invoke(office_doors.train, [], catch_exceptions=False)

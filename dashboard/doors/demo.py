"""`mingjing demo`: build the demonstration office, train its risk model and score its queue."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import click
from click.core import ParameterSource
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from sqlalchemy import func, select

from data.audit import ENDS
from data.database import engine, migrate, reading, writing
from data.errors import InputRefused, Stopped, is_interruption
from data.office_time import shanghai_day
from data.rights import ROLES
from data.settings import settings
from data.simulator.office import (
    Built,
    build_office,
    holds_work_of_others,
    is_broken_off,
    is_built,
    is_demonstration,
)
from data.simulator.presets import PRESETS, find_preset
from data.simulator.replays import find_replay, listed, replay_in, tell
from data.simulator.staff import open_accounts
from data.tables import Alert, RiskModel

_STAGES = {
    "simulate": "生成登记数据 / Registers",
    "file": "登记入库 / Filing",
    "verify": "碰撞与核查 / Collisions and verification",
}
_FIRST_END = date(2015, 1, 1)
_LIVE_FOR = timedelta(days=60)
_ENOUGH_PAST = 1000
"""Outcomes from which the risk model of a demonstration is some weeks old, so that there is something to watch."""
_LEARNING = "训练与评分 / Risk model and scores"


@click.command()
@click.option("--preset", type=click.Choice(list(PRESETS)), default="s", show_default=True, help="How large.")
@click.option("--seed", type=int, default=7, show_default=True, help="Same seed and end: same registers.")
@click.option("--end", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the office; default: today.")
@click.option("--fresh", is_flag=True, help="Delete this home's embedded database and registers first.")
@click.option("--replay", metavar="NAME", help="Replay one reported affair in an empty office; `list` names them.")
def demo(preset: str, seed: int, end: datetime | None, fresh: bool, replay: str | None) -> None:
    """Build the demonstration office: invented registers, collisions, verification, risk model, queue."""
    now = datetime.now(UTC).replace(tzinfo=None)
    if replay == "list":
        click.echo(listed())
        return
    if replay is not None:
        _replay(replay, now, fresh=fresh)
        return
    end_on = end.date() if end else shanghai_day(now)
    if end_on > shanghai_day(now):
        raise InputRefused(f"--end: got {end_on}, expected today or earlier; leave it out for today")
    if end_on < _FIRST_END:
        raise InputRefused(f"--end: got {end_on}, expected {_FIRST_END} or later; leave it out for today")
    if fresh or is_broken_off():
        if not fresh:
            _refuse_work_of_others()
            click.echo("An earlier build was broken off; it is cleared away and built anew.")
        _clear()
    migrate()
    if is_built() and not is_demonstration():
        click.echo(
            f"The home {settings().home} has an office of its own already; nothing was done. --fresh would delete that "
            "office with everything in it; choose another MINGJING_HOME for a demonstration."
        )
        return
    moment = min(now, datetime.combine(end_on + timedelta(days=1), time(0)))
    with _stopping():
        if is_built():
            if not _has_learnt():
                _learn(moment)
            click.echo(
                f"The office in {settings().home} is built already; nothing was done (--fresh builds it again). "
                "The passwords of its accounts were shown when it was built and are kept nowhere: `mingjing account "
                "list` names the accounts, `mingjing account reset LOGIN --force` gives one a one-time password."
            )
            return
        built = _build(preset, seed, end_on)
        # Before the learning, so that they are not lost where that is stopped.
        _show_accounts(now)
        _learn(moment)
    _tell(built)


def _replay(name: str, now: datetime, *, fresh: bool) -> None:
    """Live a reported affair through in an empty office, in one transaction, and say where to look at it."""
    for option in ("preset", "seed", "end"):
        if click.get_current_context().get_parameter_source(option) is not ParameterSource.DEFAULT:
            raise InputRefused(
                f"--replay: got --{option} beside it, expected --fresh or nothing; leave --{option} out."
            )
    replay = find_replay(name)()
    if fresh:
        _clear()
    migrate()
    if is_built():
        raise InputRefused(
            f"--replay: the office in {settings().home} is not empty, and a replay needs an empty one. Choose another "
            "MINGJING_HOME, or --fresh, which deletes that office with everything in it."
        )
    with _bars() as progress, writing() as session:
        living = progress.add_task(_STAGES["verify"], total=None)
        alerts = replay_in(session, replay, lambda done, of: progress.update(living, completed=done, total=of))
        progress.update(living, total=1, completed=1)
        n_closed = sum(alert.status == "closed" for alert in alerts)
        n_confirmed = sum((alert.outcome or "").startswith("C") for alert in alerts)
    _show_accounts(now)
    found = "/queue?status=closed" if n_closed else "/queue"
    click.echo(
        f"{tell(name)}\n{len(alerts):,} alert{'s' * (len(alerts) > 1)}: {n_closed:,} closed, of which {n_confirmed:,} "
        f"confirmed. Next: mingjing serve, sign in as leader, and open {found} of the address it prints."
    )


def _show_accounts(now: datetime) -> None:
    """Print the accounts that can be used at once; their passwords stand nowhere else."""
    with writing() as session:
        accesses = open_accounts(session, at=now)
    click.echo("\n演示账号 / Accounts of this office")
    rows = [("账号 login", "密码 password", "角色 role", "姓名 name", "单位 unit")]
    for one in accesses:
        role = ROLES[one.role]
        rows.append((one.code, one.password, f"{role.name} {role.name_en}", one.name, one.unit_name))
    widths = [max(cell_len(row[column]) for row in rows) for column in range(4)]
    for *cells, last in rows:
        padded = (set_cell_size(cell, width) for cell, width in zip(cells, widths, strict=True))
        click.echo("  ".join((*padded, last)))
    click.echo(
        "The passwords are shown this once and kept nowhere. `mingjing account reset LOGIN --force` makes a new one, "
        "also for the other accounts of the office, which `mingjing account list` names.\n"
    )


def _tell(built: Built) -> None:
    rate = built.n_confirmed / built.n_concluded if built.n_concluded else 0.0
    click.echo(
        f"{built.n_alerts:,} alerts, {built.n_concluded:,} concluded, {rate:.1%} confirmed. "
        "Next: mingjing serve, and open the address it prints."
    )


@contextmanager
def _stopping() -> Iterator[None]:
    """Say what becomes of a build that is stopped by Ctrl-C, also where DuckDB was the one to hear it."""
    try:
        yield
    except (KeyboardInterrupt, Exception) as error:
        if not is_interruption(error):
            raise
        if is_broken_off():
            raise Stopped("stopped; the half-built office is cleared away at the next `mingjing demo`.") from None
        if is_demonstration():
            raise Stopped(
                "stopped; the office is built, and the next `mingjing demo` goes on with its risk model."
            ) from None
        raise


def _refuse_work_of_others() -> None:
    """Raises InputRefused where clearing a broken-off build away would take more than that build."""
    migrate()
    if holds_work_of_others():
        raise InputRefused(
            f"The home {settings().home} holds a demonstration office whose build was broken off, and beside it feeds, "
            "registers or verdicts that are not its own; `mingjing demo --fresh` deletes them all, or choose another "
            "MINGJING_HOME."
        )


@contextmanager
def _bars() -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield progress


def _build(preset: str, seed: int, end_on: date) -> Built:
    with _bars() as progress:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(_STAGES[stage])
            progress.update(tasks[stage], completed=done, total=total)

        return build_office(find_preset(preset), seed=seed, end_on=end_on, progress=show)


def _has_learnt() -> bool:
    with reading() as session:
        return session.scalar(select(RiskModel.id).limit(1)) is not None


def _learn(now: datetime) -> None:
    """Have the risk model go live as of some time ago, where there is history enough, and look at it as it is now."""
    # Loaded only when there is something to learn, so that a built office is served without the wait.
    from scoring import office, watch_over

    with reading() as session:
        n_concluded = session.scalar(select(func.count(Alert.id)).where(Alert.concluded_at < now - _LIVE_FOR)) or 0
    with _bars() as progress:
        learning = progress.add_task(_LEARNING, total=1)

        def tell(words: str) -> None:
            progress.update(learning, description=f"{_LEARNING}: {words}")

        office.train(now=now - _LIVE_FOR if n_concluded >= _ENOUGH_PAST else now, progress=tell)
        tell("scoring the queue")
        office.score_open(now=now)
        watch_over.look(now=now)
        progress.update(learning, description=_LEARNING, completed=1)


def _clear() -> None:
    """Take away the embedded database with its audit's noted ends, registers, attachments and truth; nothing else."""
    home = settings().home
    if settings().database_url != f"sqlite:///{home / 'office.db'}":
        raise InputRefused(
            "--fresh: got a database of your own in MINGJING_DATABASE_URL, expected the embedded one of this home; "
            "empty that database yourself, delete the folder truth and the file audit-ends.txt, then run mingjing demo."
        )
    engine().dispose()
    for name in ("office.db", "office.db-wal", "office.db-shm", ENDS):
        (home / name).unlink(missing_ok=True)
    for folder in (settings().registers, home / "attachments", home / "truth"):
        shutil.rmtree(folder, ignore_errors=True)

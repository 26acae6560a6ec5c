"""`mingjing demo`: build the demonstration office, train its risk model and score its queue."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from data.database import engine, migrate, reading
from data.errors import InputRefused
from data.registers import shanghai_day
from data.settings import settings
from data.simulator.office import Built, build_office, is_broken_off, is_built
from data.simulator.presets import PRESETS, find_preset
from data.tables import RiskModel
from scoring.office import train_and_score

_STAGES = {
    "simulate": "生成登记数据 / Registers",
    "file": "登记入库 / Filing",
    "verify": "碰撞与核查 / Collisions and verification",
}
_LEARNING = "训练与评分 / Risk model and scores"


@click.command()
@click.option("--preset", type=click.Choice(list(PRESETS)), default="s", show_default=True, help="How large.")
@click.option("--seed", type=int, default=7, show_default=True, help="Same seed and end: same registers.")
@click.option("--end", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the office; default: today.")
@click.option("--fresh", is_flag=True, help="Delete this home's embedded database and registers first.")
def demo(preset: str, seed: int, end: datetime | None, fresh: bool) -> None:
    """Build the demonstration office: invented registers, collisions, verification, risk model, queue."""
    now = datetime.now(UTC).replace(tzinfo=None)
    end_on = end.date() if end else shanghai_day(now)
    if end_on > shanghai_day(now):
        raise InputRefused(f"--end: got {end_on}, expected today or earlier; leave it out for today")
    if is_broken_off() and not fresh:
        click.echo("An earlier build was broken off; it is cleared away and built anew.")
    if fresh or is_broken_off():
        _clear()
    migrate()
    moment = min(now, datetime.combine(end_on + timedelta(days=1), time(0)))
    if is_built():
        if not _has_learnt():
            _learn(moment)
        click.echo(f"The office in {settings().home} is built already; nothing was done (--fresh builds it again).")
        return
    built = _build(preset, seed, end_on)
    _learn(moment)
    rate = built.n_confirmed / built.n_concluded if built.n_concluded else 0.0
    click.echo(
        f"{built.n_alerts:,} alerts, {built.n_concluded:,} concluded, {rate:.1%} confirmed. "
        "Next: mingjing serve, and open the address it prints."
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
    with _bars() as progress:
        learning = progress.add_task(_LEARNING, total=1)
        train_and_score(now=now, progress=lambda words: progress.update(learning, description=f"{_LEARNING}: {words}"))
        progress.update(learning, description=_LEARNING, completed=1)


def _clear() -> None:
    """Take away the embedded database, the registers and the truth of this home; nothing else."""
    if not settings().embedded:
        raise InputRefused(
            "--fresh: got a database server, expected the embedded database; empty that database yourself, "
            "then run mingjing demo"
        )
    engine().dispose()
    home = settings().home
    for name in ("office.db", "office.db-wal", "office.db-shm"):
        (home / name).unlink(missing_ok=True)
    for folder in (settings().registers, home / "truth"):
        shutil.rmtree(folder, ignore_errors=True)

"""`mingjing models`: the warehouse at the command line: what is there, cards as files, back-tests with a bar."""

import json
import secrets
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import func, select

from data import accounts, back_test
from data.cards import read_card
from data.database import migrate, reading, writing
from data.errors import InputRefused, NotFound
from data.model_life import find
from data.model_states import MODEL_STATES
from data.model_tables import BackTest
from data.office_time import utc_now
from data.supervision_models import file_card, offer_built_in
from data.tables import SupervisionModel

BY = accounts.AT_THE_MACHINE.code


@click.group()
def models() -> None:
    """Supervision models: list, export, import, back-test. Approving one takes two people in the warehouse's page."""


def _open() -> None:
    migrate()
    with writing() as session:
        offer_built_in(session, at=utc_now())


@models.command("list")
def list_models() -> None:
    """Every version with its state."""
    _open()
    with reading() as session:
        rows = session.scalars(select(SupervisionModel).order_by(SupervisionModel.code, SupervisionModel.version)).all()
    for row in rows:
        click.echo(f"{row.code:<6} v{row.version:<3} {MODEL_STATES[row.status].name_en:<14} {row.name}  {row.name_en}")


@models.command("export")
@click.argument("code")
@click.option("--version", type=int, help="Default: the newest.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def export_model(code: str, version: int | None, out: Path) -> None:
    """Write a card to a file, as it stands in the warehouse."""
    _open()
    with reading() as session:
        text = find(session, code.upper(), version or _newest(code)).card
    out.write_text(text, encoding="utf-8")
    click.echo(f"{code.upper()} is in {out}.")


@models.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_model(file: Path) -> None:
    """Keep a card file as a draft; every fault is named at once."""
    _open()
    card = read_card(file.read_text(encoding="utf-8-sig"))
    with writing() as session:
        newest = session.scalar(
            select(func.max(SupervisionModel.version)).where(SupervisionModel.code == card.code)
        )  # fmt: skip
        if newest is not None and card.version <= newest:
            raise InputRefused(
                f"{card.code}: got version {card.version}, but version {newest} is in the warehouse; expected "
                f"{newest + 1}. Change the version."
            )
        file_card(session, card, at=utc_now(), by=BY)
    click.echo(f"{card.code} version {card.version} is a draft. Next: mingjing models back-test {card.code}")


@models.command("back-test")
@click.argument("code")
@click.option("--version", type=int, help="Default: the newest.")
@click.option("--months", type=click.IntRange(1, 36), default=back_test.MONTHS, show_default=True)
def try_model(code: str, version: int | None, months: int) -> None:
    """Try a draft over the past months, raising nothing, and say what it would have found."""
    _open()
    with writing() as session:
        row = find(session, code.upper(), version or _newest(code))
        test = BackTest(
            code=row.code, version=row.version, card_hash=row.card_hash, region_code=row.region_code, asked_by=BY,
            asked_at=utc_now(), state="waiting", n_done=0, n_total=months + 1, failure="",
            seed=secrets.randbelow(2**31), filings="{}", result="", sample="",
        )  # fmt: skip
        session.add(test)
        session.flush()
        number = test.id
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task(code.upper(), total=months + 1)
        back_test.run(number, now=utc_now(), progress=lambda done, _: bar.update(task, completed=done))
    with reading() as session:
        test = session.get_one(BackTest, number)
    if test.state != "done":
        raise InputRefused(json.loads(test.failure)["en"])
    result = json.loads(test.result)
    click.echo(
        f"{code.upper()}: {result['now']:,} alerts at once, then {result['per_week']:.1f} a week; nothing raised."
    )
    for unit in result["units"]:
        click.echo(
            f"  {unit['unit'] or 'to be dispatched':<20} {unit['now']:>6} at once {unit['per_week']:>7.1f} a week"
        )


def _newest(code: str) -> int:
    with reading() as session:
        newest = session.scalar(select(func.max(SupervisionModel.version)).where(SupervisionModel.code == code.upper()))
    if newest is None:
        raise NotFound(f"There is no supervision model {code.upper()}; `mingjing models list` names those there are.")
    return newest

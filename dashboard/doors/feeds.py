"""`mingjing import` and `mingjing refused`: files in, and what could not be taken back to its supplier."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import IntegrityError

from dashboard.doors.out_files import check_out
from data.accounts import AT_THE_MACHINE
from data.database import migrate, reading, writing
from data.errors import InputRefused, MingjingError
from data.feed_columns import Mapping, read_mapping
from data.feed_import import Imported, feed_name
from data.feed_import import import_feed as take_in
from data.feeds import Feed, read_feed
from data.refused_rows import refused_table
from data.tabular_export import write_table
from data.upload_understood import Decisions

OFFICE_ZONE = "Asia/Shanghai"
LONGEST_NAME = 60
N_SHOWN = 5
"""Refused rows shown on the screen; the rest is downloaded."""


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; what it yields is told (done, of how many)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML file that renames columns and words.")
@click.option("--allow", multiple=True, metavar="COLUMN", help="Keep a column that was left out for its name.")
@click.option("--name", default="", help="Name of the feed, the same for each of its files; default: the file's name.")
@click.option("--register", metavar="NAME", help="File it as the next version of this register, not as a feed.")
@click.option("--sheet", "sheets", multiple=True, metavar="NAME", help="Take this sheet of a workbook (register).")
@click.option(
    "--column", "columns", multiple=True, metavar="TITLE=COLUMN", help="What a column of the file is (register)."
)
@click.option("--supplier", default="", help="Who supplied the file.")
@click.option(
    "--legal-basis", default="", help="On what legal basis it was supplied; default: that of the last version."
)
@click.option("--purpose", default="", help="What a register is for; default: that of the last version.")
def import_feed(
    file: Path,
    mapping: Path | None,
    allow: tuple[str, ...],
    name: str,
    register: str | None,
    sheets: tuple[str, ...],
    columns: tuple[str, ...],
    supplier: str,
    legal_basis: str,
    purpose: str,
) -> None:
    """Take in a feed of alerts, or a register (CSV, XLSX, Parquet, JSON lines). The same file again changes nothing."""
    now = datetime.now(UTC).replace(tzinfo=None)
    if register:
        if mapping or allow or name:
            raise InputRefused("--mapping, --allow and --name are for feeds; leave them out with --register.")
        settled = Decisions(sheets=sheets, columns=dict(map(_pair, columns)))
        _file_register(file, register, settled, now, supplier, legal_basis, purpose)
        return
    if sheets or columns or purpose:
        raise InputRefused("--sheet, --column and --purpose are for registers; leave them out, or add --register.")
    _check_name(name)
    words = read_mapping(mapping) if mapping else Mapping()
    if not words.time_zone:
        words = replace(words, time_zone=OFFICE_ZONE)
        click.echo(f"Moments without a zone are taken as {OFFICE_ZONE}; a mapping file may name another (time_zone).")
    with _bar("reading") as progress:
        feed = read_feed(file, mapping=words, allow=allow, now=now, progress=progress)
    migrate()
    with _bar("importing") as progress, _one_import_at_a_time(feed_name(feed, words, name)), writing() as session:
        imported = take_in(
            session,
            feed,
            at=now,
            name=name,
            mapping=words,
            supplier=supplier,
            legal_basis=legal_basis,
            progress=progress,
        )
    _tell(feed, imported)


def _check_name(name: str) -> None:
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InputRefused(
            f"--name: got {len(name)} characters{'' if name.isprintable() else ', some of them unprintable'}; expected "
            f"at most {LONGEST_NAME} that can be printed; give a shorter or plainer name."
        )


def _pair(text: str) -> tuple[str, str]:
    title, equals, column = text.rpartition("=")
    if not equals or not title:
        raise InputRefused(f"--column: got {text[:60]!r}, expected TITLE=COLUMN, such as 身份证=id_no; mend it.")
    return title, column


def _file_register(
    file: Path, register: str, settled: Decisions, now: datetime, supplier: str, legal_basis: str, purpose: str
) -> None:
    from data.upload import store, understand

    migrate()
    with Console(stderr=True).status("reading"), reading() as session:
        understood = understand(session, file, register, settled)
    for column in understood.columns:
        if column.match.how not in ("name", "label"):
            click.echo(f"  {column.match.title} -> {column.match.column or '-'}: {column.how('en')}")
        for note in column.notes:
            click.echo(f"  {column.match.title}: {note.en}")
    for note in understood.notes:
        click.echo(f"  {note.en}")
    if understood.questions:
        asked = " ".join(question.said.en for question in understood.questions)
        raise InputRefused(
            f"{file.name}: nothing was stored; still to be settled: {asked} Say what a column is with --column "
            "TITLE=COLUMN (TITLE= leaves it out), choose sheets with --sheet, or use the import page."
        )
    with Console(stderr=True).status("filing"), writing() as session:
        filing = store(
            session, understood, AT_THE_MACHINE, at=now, legal_basis=legal_basis, purpose=purpose, supplier=supplier
        )
        n_rows, n_refused, number = filing.n_rows, filing.n_refused, filing.id
        version, already = filing.version, filing.received_at != now
    if already:
        click.echo(
            f"{file.name} is version {version} of register {register} already (filing {number}); nothing was changed."
        )
    else:
        click.echo(
            f"{file.name} is version {version} of register {register}: {n_rows:,} rows, {n_refused:,} refused "
            f"(filing {number})."
        )
    if n_refused:
        _show_refused(number)


@contextmanager
def _one_import_at_a_time(name: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise MingjingError(
            f"Another import of the feed “{name}” finished meanwhile; nothing was changed, start this one again."
        ) from None


def _tell(feed: Feed, imported: Imported) -> None:
    if imported.already:
        click.echo(f"{feed.name} was imported before (filing {imported.filing}); nothing was changed.")
    else:
        click.echo(
            f"{feed.name}: {feed.n_read:,} rows read, {imported.n_new:,} new alerts, {imported.n_changed:,} concluded "
            f"since, {imported.n_same:,} unchanged, {imported.n_refused:,} refused (filing {imported.filing})."
        )
    for note in feed.notes + imported.notes:
        click.echo(f"  {note}")
    if imported.n_refused:
        _show_refused(imported.filing)


def _show_refused(filing: int) -> None:
    with reading() as session:
        table = refused_table(session, filing)
    for number, reason in zip(table["row_number"][:N_SHOWN], table["reason"][:N_SHOWN], strict=True):
        click.echo(f"  row {number}: {reason}")
    click.echo(f"Refused rows with their reasons: mingjing refused {filing} --out refused.csv")


@click.command()
@click.argument("filing", type=int)
@click.option(
    "--out", type=click.Path(path_type=Path), help="File to write, .csv or .xlsx; default refused-FILING.csv."
)
def refused(filing: int, out: Path | None) -> None:
    """Write the refused rows of a filing with their reasons, for their supplier to mend."""
    migrate()
    with reading() as session:
        table = refused_table(session, filing)
    out = out or Path(f"refused-{filing}.csv")
    check_out(out, (".csv", ".xlsx"))
    write_table(table, out)
    click.echo(f"{len(table):,} refused rows written to {out}.")

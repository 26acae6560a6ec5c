"""`mingjing verify-audit` and `mingjing audit-export`: whether the chain holds, and the record as a file."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from dashboard.doors.out_files import check_out
from data import audit, audit_balance
from data.accounts import AT_THE_MACHINE
from data.audit_search import within_record
from data.database import is_founded, migrate, reading, writing
from data.errors import AuditBroken, InputRefused
from data.office_time import SHANGHAI, utc_now
from data.record_tables import AuditEntry, AuditHead
from data.settings import settings
from data.tabular_export import write_table

COLUMNS = tuple(column.name for column in AuditEntry.__table__.columns)
END = "chain.end"
"""Action of the last line of an export: number and seal of the chain's end."""
_DAY = click.DateTime(formats=["%Y-%m-%d"])
_CHUNK = 5000


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; what it yields is told (done, of how many)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


@click.command(name="verify-audit")
@click.option("--expect", metavar="N:SEAL", help="End of the chain as printed earlier; it must still be part of it.")
def verify_audit(expect: str | None) -> None:
    """Walk the audit's chain; print its length and end, or name the first broken link (exit code 9).

    The ends that are noted in the home folder must still be part of it; the end found now is noted there too.
    """
    expected = _expected(expect) if expect else None
    # What is not there is not made: an office of no entries would hold.
    if not is_founded():
        raise AuditBroken(
            f"There is no office in {settings().home}; nothing was verified. Set MINGJING_HOME to its home folder, or "
            "restore its database from the backup."
        )
    with reading() as session:
        _warn_of(audit_balance.lost_guards(session))
    with _bar("verifying") as progress, reading() as session:
        verified = audit.verify(session, expected=expected, progress=progress)
        audit_balance.weigh(session)
    audit.note_verified(verified, at=utc_now())
    click.echo(f"{verified.n}:{verified.seal}")
    click.echo(
        f"The chain of {verified.n:,} entries holds. Keep the line above apart from this machine: a later "
        "`mingjing verify-audit --expect` shows whether it was written anew since.",
        err=True,
    )


def _warn_of(lost: list[str]) -> None:
    if lost:
        click.echo(
            f"Warning: the database does not refuse to change audit entries any more; it lacks {', '.join(lost)}. "
            "Somebody who owns it took that away; find out who and when.",
            err=True,
        )


def _expected(text: str) -> audit.Verified:
    number, _, seal = text.strip().partition(":")
    hexadecimal = len(seal) == 64 and all(character in "0123456789abcdef" for character in seal.lower())
    if not (number.isascii() and number.isdecimal() and len(number) <= 12 and hexadecimal):
        raise InputRefused(
            f"--expect: got {text[:80]!r}, expected N:SEAL as `mingjing verify-audit` prints it; copy the whole line."
        )
    return audit.Verified(int(number), seal.lower())


@click.command(name="audit-export")
@click.option("--from", "from_on", type=_DAY, required=True, help="First day, YYYY-MM-DD.")
@click.option("--until", "until_on", type=_DAY, required=True, help="Last day, YYYY-MM-DD.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write: .csv or .jsonl")
def export_audit(from_on: datetime, until_on: datetime, out: Path) -> None:
    """Write whole audit entries with their seals, and the chain's end as the last line. The export goes on record.

    A .jsonl file holds the entries as they were sealed; in a .csv file cells that look like formulas are led by an
    apostrophe. Moments are UTC, the days those of the office.
    """
    if until_on < from_on:
        raise InputRefused(f"--until {until_on:%Y-%m-%d} is before --from {from_on:%Y-%m-%d}; turn them round.")
    check_out(out, (".csv", ".jsonl"))
    migrate()
    within = _within(within_record(from_on.date()), within_record(until_on.date()))
    with writing() as session:
        n = session.scalar(select(func.count()).select_from(AuditEntry).where(*within)) or 0
        said = {"from": f"{from_on:%Y-%m-%d}", "until": f"{until_on:%Y-%m-%d}", "file": out.name, "n": n}
        audit.note(session, AT_THE_MACHINE.code, "audit.exported", "audit", at=utc_now(), detail=said)
    with _bar("exporting") as progress, reading() as session:
        written = _write(session, within, out, lambda done: progress(done, n))
    click.echo(f"{written:,} audit entries and the chain's end written to {out}.")


def _within(first: date, last: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    begins = datetime.combine(first, time()) - SHANGHAI
    ends = datetime.combine(last, time()) - SHANGHAI + timedelta(days=1)
    return AuditEntry.at >= begins, AuditEntry.at < ends


def _write(session: Session, within: tuple[ColumnElement[bool], ...], out: Path, tell: Callable[[int], None]) -> int:
    if out.suffix.lower() == ".csv":
        rows = [*_rows(session, within, tell), _end(session)]
        write_table(pd.DataFrame(rows, columns=list(COLUMNS)), out)
        return len(rows) - 1
    n = 0
    with out.open("w", encoding="utf-8") as file:
        for n, row in enumerate(_rows(session, within, tell), start=1):  # noqa: B007  (counted)
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        file.write(json.dumps(_end(session), ensure_ascii=False) + "\n")
    return n


def _rows(
    session: Session, within: tuple[ColumnElement[bool], ...], tell: Callable[[int], None]
) -> Iterator[dict[str, Any]]:
    query = select(AuditEntry.__table__).where(*within).order_by(AuditEntry.number)
    for done, row in enumerate(session.execute(query.execution_options(yield_per=_CHUNK)).mappings(), start=1):
        if done % _CHUNK == 0:
            tell(done)
        yield {**row, "at": row["at"].isoformat()}


def _end(session: Session) -> dict[str, Any]:
    head = session.get_one(AuditHead, 1)
    return dict.fromkeys(COLUMNS, "") | {"number": head.number, "action": END, "seal": head.seal}

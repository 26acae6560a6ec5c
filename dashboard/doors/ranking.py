"""`mingjing rank`, `mingjing replay` and `mingjing evaluate`: the ranker on any feed, without an office."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dashboard.doors.out_files import check_out
from data.errors import InputRefused
from data.feed_columns import Mapping, read_mapping
from data.feed_values import EARLIEST, LATEST
from data.feeds import Feed, label_of, read_feed
from data.tabular_export import write_table

SUFFIXES = (".csv", ".xlsx", ".parquet", ".jsonl")
Tell = Callable[[int, int, str], None]


@contextmanager
def _bar(title: str) -> Iterator[Tell]:
    """A progress bar on standard error; what it yields is told (done, of how many, doing what)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, of, doing: progress.update(task, completed=done, total=of, description=doing)


@click.command(name="rank")
@click.option("--past", type=click.Path(path_type=Path), required=True, help="Feed with outcomes to learn from.")
@click.option("--new", type=click.Path(path_type=Path), required=True, help="Feed of alerts to put in order.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write: .csv .xlsx .parquet .jsonl")
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML file that renames columns and words.")
@click.option("--allow", multiple=True, metavar="COLUMN", help="Keep a column that was left out or held back.")
def rank(past: Path, new: Path, out: Path, mapping: Path | None, allow: tuple[str, ...]) -> None:
    """Learn from one feed, put another in order: likeliest to be confirmed first, with the reasons."""
    from scoring.ranking import rank_new

    check_out(out, SUFFIXES)
    with _bar("reading") as tell:
        behind, ahead = _read(past, mapping, allow, tell), _read(new, mapping, allow, tell)
        ranked = rank_new(_stream(behind), _stream(ahead), allowed=_allowed(mapping, allow), progress=tell)
        tell(1, 2, "writing")
        _write(ranked.table, out)
    _say([*behind.notes, *ahead.notes, *ranked.notes])
    _say_refused(behind, ahead)
    click.echo(f"{len(ranked.table):,} alerts in order of likelihood: {out}")


@click.command(name="replay")
@click.option("--feed", type=click.Path(path_type=Path), required=True, help="Feed with outcomes.")
@click.option("--from", "since", required=True, metavar="DATE", help="First day that is scored, YYYY-MM-DD.")
@click.option("--every", default="30d", show_default=True, help="Length of a step in days.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write: .csv .xlsx .parquet .jsonl")
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML file that renames columns and words.")
@click.option("--allow", multiple=True, metavar="COLUMN", help="Keep a column that was left out or held back.")
def replay(feed: Path, since: str, every: str, out: Path, mapping: Path | None, allow: tuple[str, ...]) -> None:
    """Walk through a feed as an office would have: learn, score the next alerts as they come, hear, learn again."""
    from scoring.ranking import replay_feed

    check_out(out, SUFFIXES)
    begin, length = _date_of(since), _length_of(every)
    with _bar("reading") as tell:
        read = _read(feed, mapping, allow, tell)
        replayed = replay_feed(
            _stream(read), since=begin, every=length, allowed=_allowed(mapping, allow), progress=tell
        )
        tell(1, 2, "writing")
        _write(replayed.table, out)
    _say([*read.notes, *replayed.notes])
    _say_refused(read)
    click.echo(f"{len(replayed.table):,} alerts scored in {replayed.table['step'].nunique()} steps: {out}")


@click.command(name="evaluate")
@click.option("--feed", type=click.Path(path_type=Path), required=True, help="Feed with outcomes.")
@click.option("--from", "since", default="", metavar="DATE", help="First day scored; default: where 70 % are past.")
@click.option("--every", default="30d", show_default=True, help="Length of a step in days.")
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML file that renames columns and words.")
@click.option("--allow", multiple=True, metavar="COLUMN", help="Keep a column that was left out or held back.")
def evaluate(feed: Path, since: str, every: str, mapping: Path | None, allow: tuple[str, ...]) -> None:
    """Measure the ranker on a feed, walked through in time, beside the prior rate, logistic regression and LightGBM."""
    from dashboard.doors.figures import figures_table
    from scoring.evaluation import evaluate_replay

    length = _length_of(every)
    with _bar("reading") as tell:
        read = _read(feed, mapping, allow, tell)
        stream = _stream(read)
        begin = _date_of(since) if since else _seventy_percent(stream)
        evaluation = evaluate_replay(stream, since=begin, every=length, allowed=_allowed(mapping, allow), progress=tell)
    _say([*read.notes, *evaluation.notes])
    _say_refused(read)
    Console(width=None).print(figures_table(evaluation))


def _read(path: Path, mapping: Path | None, allow: tuple[str, ...], tell: Tell) -> Feed:
    now = datetime.now(UTC).replace(tzinfo=None)
    words = read_mapping(mapping) if mapping else Mapping()
    return read_feed(
        path, mapping=words, allow=allow, now=now, progress=lambda done, of: tell(done, of, f"reading {path.name}")
    )


def _allowed(mapping: Path | None, allow: tuple[str, ...]) -> set[str]:
    """Names that columns let back in have once they are read: the file's own, or what the mapping calls them."""
    columns = read_mapping(mapping).columns if mapping else {}
    return {*allow, *(own for own, theirs in columns.items() if theirs in allow)}


def _stream(feed: Feed) -> pd.DataFrame:
    return feed.alerts.assign(label=label_of(feed.alerts["outcome"]))


def _seventy_percent(stream: pd.DataFrame) -> datetime:
    concluded = stream.loc[stream["label"].notna(), "raised_at"].sort_values()
    if concluded.empty:
        raise InputRefused("The feed has no outcomes (confirmed or dismissed); evaluate needs some to measure against.")
    moment: pd.Timestamp = concluded.iloc[int(len(concluded) * 0.7)]
    return moment.normalize().to_pydatetime()


def _date_of(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise InputRefused(f"--from {text}: a date such as 2024-05-01 is expected.") from None
    if not EARLIEST <= moment <= LATEST:
        raise InputRefused(f"--from {text}: a date from {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d} is expected.")
    return moment


def _length_of(text: str) -> timedelta:
    digits = text.strip().lower().removesuffix("d")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 5 and 0 < int(digits) <= 36500):
        raise InputRefused(f"--every {text}: a number of days from 1d to 36500d, such as 30d, is expected.")
    return timedelta(days=int(digits))


def _write(table: pd.DataFrame, out: Path) -> None:
    if out.suffix.lower() == ".parquet":
        table.to_parquet(out, index=False)
    elif out.suffix.lower() == ".jsonl":
        table.to_json(out, orient="records", lines=True, force_ascii=False)
    else:
        write_table(table, out)


def _say(notes: list[str]) -> None:
    for note in dict.fromkeys(notes):
        click.echo(f"- {note}", err=True)


def _say_refused(*feeds: Feed) -> None:
    for feed in feeds:
        if feed.n_refused:
            first: Any = feed.refused.iloc[0]
            click.echo(
                f"- {feed.name}: {feed.n_refused:,} of {feed.n_read:,} rows were refused, first row "
                f"{first['row_number']}: {first['reason']}",
                err=True,
            )

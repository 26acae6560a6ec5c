"""`mingjing train` and `mingjing score`: the office's own risk model and queue."""

import click
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import risk_models
from data.database import migrate, reading, writing
from data.errors import InputRefused, NotFound
from data.office_time import shanghai_day, utc_now
from data.rights import Person, find_person
from data.tables import Alert
from scoring import office

WORDS = Console(stderr=True)


def _refuse_empty() -> None:
    with reading() as session:
        if session.scalar(select(Alert.id).limit(1)) is None:
            raise NotFound(
                "There are no alerts to learn from; `mingjing import` a feed of them, or file registers and "
                "`mingjing collide`."
            )


@click.command()
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same data: same risk model.")
@click.option("--promote-by", metavar="LOGIN", help="Put it live in the name of this account, which needs the right.")
@click.option("--reason", default="", help="Why it is put live; goes on record.")
def train(seed: int, promote_by: str | None, reason: str) -> None:
    """Learn from the verified alerts, measure on the newest ones, file a challenger; a person puts it live."""
    if bool(promote_by) != bool(reason):
        raise InputRefused("--promote-by and --reason belong together; give both or neither.")
    migrate()
    _refuse_empty()
    if promote_by:
        with reading() as session:
            risk_models.must_govern(session, _person(session, promote_by))
    with WORDS.status("reading the alerts") as status:
        filed = office.train(now=utc_now(), seed=seed, progress=status.update)
        if promote_by and filed.state == "challenger":
            with writing() as session:
                person = _person(session, promote_by)
                risk_models.promote(session, filed.id, person, at=utc_now(), reason=reason)
        scored = office.score_open(now=utc_now())
    with reading() as session:
        shown = risk_models.one_model(session, filed.id)
    click.echo(
        f"Risk model {shown.id} {_STATES[shown.state]}: learned from {shown.n_rows:,} verified alerts; "
        f"{scored:,} alerts scored."
    )
    if shown.verdict:
        click.echo(f"  compared with the live one on the same later alerts: {shown.verdict}")
    for note in shown.metrics["notes"]:
        click.echo(f"  {note}")


_STATES = {
    "live": "is live",
    "challenger": "waits as challenger (a person puts it live: page Model health, or --promote-by LOGIN --reason TEXT)",
    "retired": "is retired",
}


def _person(session: Session, code: str) -> Person:
    return find_person(session, code, today=shanghai_day(utc_now()))


@click.command()
def score() -> None:
    """Score the open alerts that have no score yet and put the queue in order."""
    migrate()
    with WORDS.status("scoring"):
        n_scored = office.score_open(now=utc_now())
    click.echo(f"{n_scored:,} alerts scored.")

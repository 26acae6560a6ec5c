"""`mingjing train` and `mingjing score`: the office's own risk model and queue."""

import json

import click
from rich.console import Console
from sqlalchemy import select

from data.database import migrate, reading
from data.errors import NotFound
from data.office_time import utc_now
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
def train(seed: int) -> None:
    """Learn from the verified alerts, measure on the newest 90 days, make the risk model live, score the queue."""
    migrate()
    _refuse_empty()
    with WORDS.status("reading the alerts") as status:
        filed = office.train(now=utc_now(), seed=seed, progress=status.update)
        scored = office.score_open(now=utc_now())
    click.echo(
        f"Risk model {filed.id} is live: learned from {filed.n_rows:,} verified alerts; {scored:,} alerts scored."
    )
    for note in json.loads(filed.metrics)["notes"]:
        click.echo(f"  {note}")


@click.command()
def score() -> None:
    """Score the open alerts that have no score yet and put the queue in order."""
    migrate()
    with WORDS.status("scoring"):
        n_scored = office.score_open(now=utc_now())
    click.echo(f"{n_scored:,} alerts scored.")

"""`mingjing collide`: runs the active supervision models over the registers, with a line for each."""

from datetime import UTC, datetime, time

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.orm import Session

from data.cards import Card
from data.collision import collide_card
from data.database import migrate, reading, writing
from data.engines import Engine
from data.engines.choice import engine_named
from data.errors import NotFound, RegisterRefused
from data.office_time import SHANGHAI
from data.settings import settings
from data.supervision_models import active_cards, offer_built_in


@click.command()
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option(
    "--as-of",
    "as_of",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="Look only at what was received by the end of this day (Asia/Shanghai). Default: now.",
)
@click.option(
    "--engine",
    "engine_name",
    default="duckdb",
    show_default=True,
    help="Where registers are compared: duckdb, local (Spark in this process) or spark://host:port.",
)
def collide(codes: tuple[str, ...], as_of: datetime | None, engine_name: str) -> None:
    """Run supervision models: those of the CODEs given, or all active ones whose registers were filed."""
    moment = datetime.now(UTC).replace(tzinfo=None) if as_of is None else _end_of_day(as_of)
    engine = engine_named(engine_name)
    migrate()
    with writing() as session:
        offer_built_in(session, at=moment)
    with reading() as session:
        cards = choose_cards(session, codes)
    console = Console()
    refusals: list[RegisterRefused] = []
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(cards))
        for card in cards:
            progress.update(task, description=f"{card.code} {card.name}")
            try:
                line = run_line(card, as_of=moment, engine=engine)
            except RegisterRefused as refusal:
                refusals.append(refusal)
                line = str(refusal)
            console.print(line, highlight=False, soft_wrap=True)
            progress.advance(task)
    if (codes and refusals) or len(refusals) == len(cards):
        raise refusals[0]


def run_line(card: Card, *, as_of: datetime, engine: Engine) -> str:
    """Run one supervision model in a transaction of its own, and say what came of it."""
    run = collide_card(card, as_of=as_of, engine=engine)
    counts = f"{run.n_hits:>7} hits {run.n_new:>6} new {run.n_extended:>6} extended"
    return f"{card.code} {counts}  {card.name if settings().language == 'zh' else card.name_en}"


def choose_cards(session: Session, codes: tuple[str, ...]) -> list[Card]:
    """The active cards of the warehouse, or of them those with these codes.

    Raises: NotFound, naming every code that is not active and what to do about it.
    """
    cards = active_cards(session)
    known = {card.code: card for card in cards}
    unknown = [code for code in codes if code.upper() not in known]
    if unknown or not cards:
        raise NotFound(
            f"No active supervision model{' ' if unknown else ''}{', '.join(unknown)}; active are "
            f"{', '.join(known) or 'none'}. Give one of these codes, or open the warehouse (`mingjing serve`, "
            "/warehouse) to back-test another and have it approved."
        )
    return [known[code.upper()] for code in codes] or cards


def _end_of_day(day: datetime) -> datetime:
    return datetime.combine(day.date(), time(23, 59, 59)) - SHANGHAI

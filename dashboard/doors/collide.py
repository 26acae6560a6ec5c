"""`mingjing collide`: runs the active supervision models over the registers, with a line for each."""

from datetime import UTC, datetime, time

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.orm import Session

from data.cards import Card, active_cards, built_in_cards, install
from data.collision import collide as run_card
from data.database import migrate, writing
from data.errors import NotFound
from data.registers import SHANGHAI


@click.command()
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option(
    "--as-of",
    "as_of",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="Look only at what was received by the end of this day (Asia/Shanghai). Default: now.",
)
def collide(codes: tuple[str, ...], as_of: datetime | None) -> None:
    """Run supervision models: all active ones, or those of the CODEs given."""
    moment = datetime.now(UTC).replace(tzinfo=None) if as_of is None else _end_of_day(as_of)
    migrate()
    with writing() as session:
        cards = choose_cards(session, codes)
    console = Console()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("collision", total=len(cards))
        for card in cards:
            progress.update(task, description=f"{card.code} {card.name}")
            with writing() as session:
                run = run_card(session, card, as_of=moment)
                counts = f"{run.n_hits:>7} hits  {run.n_new:>6} new  {run.n_extended:>6} extended"
            console.print(f"{card.code}  {counts}  {card.name} {card.name_en}", highlight=False)
            progress.advance(task)


def choose_cards(session: Session, codes: tuple[str, ...]) -> list[Card]:
    """The active cards of the warehouse, or of them those with these codes; an empty warehouse gets the built-in ones.

    Raises: NotFound, naming every code that is not active.
    """
    cards = active_cards(session)
    if not cards:
        for card in built_in_cards():
            install(session, card)
        cards = active_cards(session)
    known = {card.code: card for card in cards}
    unknown = [code for code in codes if code.upper() not in known]
    if unknown:
        raise NotFound(
            f"No active supervision model {', '.join(unknown)}; active are {', '.join(known)}. Give one of these codes."
        )
    return [known[code.upper()] for code in codes] or cards


def _end_of_day(day: datetime) -> datetime:
    return datetime.combine(day.date(), time(23, 59, 59)) - SHANGHAI

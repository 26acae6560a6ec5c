"""`mingjing`: finds the door, runs it, and turns a user's mistake into one sentence and an exit code."""

import importlib
import sys
import traceback
from datetime import UTC, datetime

import click

from dashboard.database_trouble import trouble_of
from data.errors import MingjingError, Stopped, is_interruption
from data.settings import settings

NOTHING_KEPT = "stopped; nothing half-done was kept."
DOORS = {
    "demo": "dashboard.doors.demo:demo",
    "serve": "dashboard.doors.serve:serve",
    "work": "dashboard.doors.serve:work",
    "import": "dashboard.doors.feeds:import_feed",
    "refused": "dashboard.doors.feeds:refused",
    "collide": "dashboard.doors.collide:collide",
    "models": "dashboard.doors.models:models",
    "train": "dashboard.doors.office:train",
    "score": "dashboard.doors.office:score",
    "rank": "dashboard.doors.ranking:rank",
    "replay": "dashboard.doors.ranking:replay",
    "evaluate": "dashboard.doors.ranking:evaluate",
    "account": "dashboard.doors.accounts:account",
    "verify-audit": "dashboard.doors.audit:verify_audit",
    "audit-export": "dashboard.doors.audit:export_audit",
}


class Doors(click.Group):
    """Loads a door only when it is opened, so that `mingjing --help` needs no data library."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Every door, in the order of the README."""
        return list(DOORS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The door of that name."""
        if cmd_name not in DOORS:
            return None
        module, _, name = DOORS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=Doors)
@click.version_option(package_name="mingjing")
def mingjing() -> None:
    """Mingjing 明镜: collide registers, rank alerts, close the loop."""


def main() -> None:
    """Entry point of the `mingjing` command."""
    try:
        mingjing.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _leave(Stopped(NOTHING_KEPT))
    except MingjingError as error:
        _leave(error)
    except Exception as error:
        # The edge of the program: a user gets a sentence, the log the details.
        _leave(Stopped(NOTHING_KEPT) if is_interruption(error) else trouble_of(error))
        click.echo(f"mingjing: something went wrong ({type(error).__name__}); {_keep()}.", err=True)
        sys.exit(70)


def _leave(error: MingjingError | None) -> None:
    """Say a mistake's sentence and leave with its code; nothing where there is none."""
    if error is not None:
        click.echo(f"mingjing: {error}", err=True)
        sys.exit(error.exit_code)


def _keep() -> str:
    """Write the failure's details to the home folder, for whoever looks after this machine, and say where they are."""
    details = f"{datetime.now(UTC).isoformat()} {' '.join(sys.argv)}\n{traceback.format_exc()}\n"
    try:
        path = settings().home / "log" / "failure.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as kept:
            kept.write(details)
    except (OSError, MingjingError):
        # Without a log the details are lost: they may hold personal data, which a screen must not show.
        return "its details could not be kept, as the home folder (MINGJING_HOME) cannot be written to"
    return f"details are in {path}"


if __name__ == "__main__":
    main()

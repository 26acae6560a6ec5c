"""`mingjing`: finds the door, runs it, and turns a user's mistake into one sentence and an exit code."""

import importlib
import sys

import click

from data.errors import MingjingError

DOORS = {
    "demo": "dashboard.doors.demo:demo",
    "serve": "dashboard.doors.serve:serve",
    "work": "dashboard.doors.serve:work",
    "import": "dashboard.doors.feeds:import_feed",
    "refused": "dashboard.doors.feeds:refused",
    "collide": "dashboard.doors.collide:collide",
    "train": "dashboard.doors.office:train",
    "score": "dashboard.doors.office:score",
    "rank": "dashboard.doors.ranking:rank",
    "replay": "dashboard.doors.ranking:replay",
    "evaluate": "dashboard.doors.ranking:evaluate",
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
    except MingjingError as error:
        click.echo(f"mingjing: {error}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("mingjing: stopped; nothing half-done was kept.", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()

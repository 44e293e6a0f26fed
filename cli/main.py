"""The command line `dealwire`."""

import gc
import logging
from importlib import import_module
from typing import Any

import click
import typer
from typer.core import TyperGroup

from shared.errors import DealwireError
from shared.settings import Misconfigured

# In the order of the help. A command is imported when it is called: starting a service should not wait for what it does not need.
COMMANDS = {
    "up": "cli.stack:up",
    "down": "cli.stack:down",
    "status": "cli.stack:status",
    "logs": "cli.stack:logs",
    "demo": "cli.demo:demo",
    "run": "cli.run:run",
    "topics": "cli.topics:topics",
    "publish": "cli.publish:publish",
    "import": "cli.imports:import_leads",
    "parked": "cli.parked:parked",
    "erase": "cli.erase:erase",
    "rebuild": "cli.rebuild:rebuild",
    "token": "cli.token:token",
    "clean": "cli.stack:clean",
}
OURS = ("cli", "deploy", "shared", "services")
EPILOG = "Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 a server or service is away, 4 the input was refused."


class Dealwire(TyperGroup):
    """Finds its commands by name, and says in one line, and in the exit code, what went wrong."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        try:
            return _as_command(cmd_name, getattr(import_module(module), name))
        except ModuleNotFoundError as missing:
            return _without(missing, cmd_name)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (DealwireError, Misconfigured) as error:
            raise typer.Exit(_tell(error)) from error


def _without(missing: ModuleNotFoundError, name: str) -> Any:
    """What stands in for a command of the local stack where only services were installed."""
    if (missing.name or "").partition(".")[0] in OURS:
        raise missing

    def say() -> None:
        raise Misconfigured(f"dealwire {name} needs the local stack's libraries ({missing.name}): pip install 'dealwire[local]'.")

    anything = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(name, callback=say, help="Not installed here: it needs the extra `local`.", context_settings=anything)


def _as_command(name: str, found: Any) -> Any:
    """What typer makes of a function, or of an app with commands of its own."""
    if isinstance(found, typer.Typer):
        group = typer.main.get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return typer.main.get_command(alone)


def _tell(error: Exception) -> int:
    from rich.text import Text

    from cli.exits import exit_code_of
    from cli.output import as_written, progress

    progress.print(Text.assemble(("✗", "red"), " ", as_written(error)), highlight=False, soft_wrap=True)
    return exit_code_of(error)


# What is imported stays: looking for garbage among it, as often as Python does, took a sixth of the time that a service needs to start.
gc.set_threshold(50_000, 20, 100)
# A Kafka that is away is said once, by us.
logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

app = typer.Typer(cls=Dealwire, no_args_is_help=True, epilog=EPILOG, pretty_exceptions_enable=False)


@app.callback()
def dealwire() -> None:
    """Dealwire, from the first sign of interest to a satisfied account: run it here, or run one of its services anywhere."""


if __name__ == "__main__":
    app()

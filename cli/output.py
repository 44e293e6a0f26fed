"""How commands speak: results on standard output, progress and problems on standard error."""

import json
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from deploy.local.steps import Step, Tell

# Into a file or a pipe lines may be as long as they need to be.
WIDTH = None if sys.stdout.isatty() else 160
results = Console(width=WIDTH)
progress = Console(stderr=True)
# What a terminal takes for a command; tabs and line ends are none.
_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, default=str))


def as_written(text: object) -> Text:
    """What others wrote, letter by letter: neither styles nor a terminal's commands come out of it."""
    return Text(_COMMANDS.sub(lambda found: f"\\x{ord(found[0]):02x}", str(text)))


def take(steps: Iterable[Step]) -> None:
    """Take one step after the other, telling what is being done, how far it is, and how long it took."""
    for step in steps:
        began = time.monotonic()
        title = escape(step.title)
        with _bar(title) as tell:
            step.work(tell)
        progress.print(f"[green]✓[/] {title} [dim]{time.monotonic() - began:.1f} s[/]", highlight=False)


@contextmanager
def _bar(title: str) -> Iterator[Tell]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=progress, transient=True, disable=not progress.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

"""`dealwire publish`: a file of rows becomes events on a topic, as fast as Kafka takes them."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from rich.text import Text

from cli.exits import Exit
from cli.output import AsJson, as_written, print_json, results, take
from cli.publication import Publication, Rejects, send_all
from cli.rows import rows_of
from cli.servers import kafka_connection
from deploy.local.steps import Step
from shared.cloudevents import Encoded
from shared.events import Event, catalogue
from shared.settings import Settings

STDIN = Path("-")


class Kind(StrEnum):
    NDJSON = "ndjson"
    JSON = "json"
    CSV = "csv"


def publish(
    topic: Annotated[str, typer.Argument(help="Such as lead.submitted; docs/events.md lists them.")],
    file: Annotated[Path, typer.Argument(help="NDJSON, JSON or CSV, by its ending; - is standard input.", dir_okay=False)] = STDIN,
    kind: Annotated[
        Kind | None, typer.Option("--format", help="What the rows are, where the ending does not tell. Default: NDJSON.")
    ] = None,
    source: Annotated[str, typer.Option(help="Who publishes; it is also the field `source` of rows that lack one.")] = "cli",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the rows.")] = False,
    as_json: AsJson = False,
) -> None:
    """Publish rows as events, keyed so that what belongs together keeps its order, at full speed.

    A row is the event's data, or a whole CloudEvent, which keeps its id. The columns of a CSV are called after the fields: person.email,
    or just email, as only one field is called so. A bad row goes to FILE.rejected.ndjson with its line and the reason, and the good ones
    beside it go through. Exit code 0 when all did, 4 when some did not.

    dealwire publish lead.submitted leads.csv --source trade-fair
    """
    event_type = _event_type(topic)
    rejects = Rejects(Path(f"{topic if file == STDIN else file}.rejected.ndjson"))
    began = time.monotonic()
    with nullcontext(sys.stdin.buffer) if file == STDIN else _opened(file) as rows_file, rejects:
        events = Publication(event_type, source, rejects).encoded(rows_of(rows_file, kind or _kind_of(file)))
        deliver = _counted if dry_run else _sent
        title = f"{'Check' if dry_run else 'Publish'} {topic}"
        published = _with_progress(title, _place_in(rows_file, file), lambda tell: deliver(events, tell))
    _tell(published, rejects, seconds=time.monotonic() - began, dry_run=dry_run, as_json=as_json)
    raise typer.Exit(Exit.REFUSED if rejects.count else Exit.DONE)


def _event_type(topic: str) -> type[Event]:
    if topic not in catalogue():
        raise typer.BadParameter(f"there is no topic '{topic}'; there are {', '.join(catalogue())}", param_hint="TOPIC")
    return catalogue()[topic]


def _opened(file: Path) -> IO[bytes]:
    try:
        return file.open("rb")
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be read: {error.strerror}", param_hint="FILE") from error


def _kind_of(file: Path) -> Kind:
    ending = file.suffix.lower().removeprefix(".")
    return Kind(ending) if ending in tuple(Kind) else Kind.NDJSON


def _with_progress(title: str, place: Callable[[int], tuple[int, int]], work: Callable[[Callable[[int], None]], int]) -> int:
    done: list[int] = []
    take([Step(title, lambda tell: done.append(work(lambda count: tell(*place(count)))))])
    return done[0]


def _place_in(rows_file: IO[bytes], file: Path) -> Callable[[int], tuple[int, int]]:
    """How far it is, in bytes; where nobody knows how many there will be, in events."""
    if not file.is_file():
        return lambda count: (count, count)
    size = file.stat().st_size
    return lambda _: (rows_file.tell(), size)


def _sent(events: Iterable[Encoded], tell: Callable[[int], None]) -> int:
    # What services need besides Kafka is not looked at.
    settings = Settings(service="cli", kafka=kafka_connection()["bootstrap_servers"], mongo="", jwks="", issuer="")
    return asyncio.run(send_all(settings, events, tell))


def _counted(events: Iterable[Encoded], tell: Callable[[int], None]) -> int:
    count = 0
    for count, _ in enumerate(events, start=1):
        if count % 1_000 == 0:
            tell(count)
    return count


def _tell(published: int, rejects: Rejects, *, seconds: float, dry_run: bool, as_json: bool) -> None:
    if as_json:
        told: dict[str, Any] = {"published": 0 if dry_run else published, "good": published, "rejected": rejects.count}
        told |= {"rejected_file": str(rejects.path) if rejects.count else None, "seconds": round(seconds, 3)}
        return print_json(told)
    verb = "would be published" if dry_run else "published"
    results.print(f"{published} {verb} in {seconds:.1f} s ({published / max(seconds, 0.001):,.0f} a second).", highlight=False)
    if rejects.count:
        where = as_written(f", with line and reason in {rejects.path}")
        results.print(Text.assemble((f"{rejects.count} rejected", "red"), where), highlight=False, soft_wrap=True)

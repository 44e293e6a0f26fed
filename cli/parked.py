"""`dealwire parked`: the messages that services could not use, seen, mended, replayed or given up."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import click
import typer
from rich.table import Table
from rich.text import Text

from cli.client import ServiceDoor
from cli.exits import Exit
from cli.output import AsJson, as_written, print_json, results, take
from deploy import SERVICES
from deploy.local.steps import Step, Tell
from shared.errors import NotAllowedNow, NotFound, Refused

ROLES = ("admin",)
Message = dict[str, Any]
Id = Annotated[str, typer.Argument(metavar="ID", help="The id that `dealwire parked list` shows.")]
FromService = Annotated[str | None, typer.Option("--service", help=f"Only this one of {', '.join(SERVICES)}. Default: all.")]
OfTopic = Annotated[str | None, typer.Option("--topic", help="Only what came on this topic.")]

parked = typer.Typer(no_args_is_help=True, help=__doc__)


@dataclass(frozen=True, slots=True)
class Found:
    """A parked message and the service that parked it."""

    service: str
    message: Message

    def as_json(self) -> Message:
        return {"service": self.service} | self.message


@parked.command("list")
def list_parked(
    service: FromService = None,
    topic: OfTopic = None,
    status: Annotated[str, typer.Option(help="parked, replayed or discarded.")] = "parked",
    reason: Annotated[str | None, typer.Option(help="refused (the message is at fault) or bug (we are).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many of each service, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List parked messages, newest first."""
    found = [one for name in _chosen(service) for one in _newest(name, limit, status=status, topic=topic, reason=reason)]
    if as_json:
        return print_json([one.as_json() for one in found])
    if not found:
        return results.print(as_written(f"Nothing is {status}."))
    results.print(_table(found))


@parked.command("show")
def show_parked(parked_id: Id, service: FromService = None, as_json: AsJson = False) -> None:
    """Show one message whole: where it was read, why it was parked, its headers and its value."""
    found = _find(parked_id, service)
    if as_json:
        return print_json(found.as_json())
    for name, value in found.as_json().items():
        if name not in ("value", "headers", "violations") and value is not None:
            results.print(Text.assemble((f"{name:>16}", "bold"), "  ", as_written(value)), highlight=False, soft_wrap=True)
    for violation in found.message["violations"]:
        results.print(as_written(f"{'violation':>16}  {violation['field']}: {violation['rule']} ({violation['detail']})"), soft_wrap=True)
    for name, value in found.message["headers"]:
        results.print(as_written(f"{'header':>16}  {name}: {value}"), highlight=False, soft_wrap=True)
    results.print(as_written(_readable(found.message)), soft_wrap=True)


@parked.command("edit")
def edit_parked(
    parked_id: Id,
    value: Annotated[
        typer.FileText | None, typer.Option(help="A file with the new value, - for standard input. Default, without headers: an editor.")
    ] = None,
    header: Annotated[list[str] | None, typer.Option(metavar="NAME=TEXT", help="A header as it should be; may be repeated.")] = None,
    without_header: Annotated[list[str] | None, typer.Option(metavar="NAME", help="A header to take away; may be repeated.")] = None,
    service: FromService = None,
    as_json: AsJson = False,
) -> None:
    """Change the value or the headers of a parked message before it is replayed."""
    headers = dict(map(_header, header or ())) | dict.fromkeys(without_header or ())
    found = _find(parked_id, service)
    mending: Message = {"headers": headers}
    if value or not headers:
        mending["value"] = value.read().strip() if value else _edited(found.message)
    with _door(found.service) as door:
        edited = door.patch(f"/parked/{parked_id}", mending)
    _tell(Found(found.service, edited), "edited", as_json=as_json)


@parked.command("replay")
def replay_parked(
    parked_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One message.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All that is parked, oldest first; narrow it by --topic, --service, --reason.")
    ] = False,
    topic: OfTopic = None,
    reason: Annotated[str | None, typer.Option(help="refused or bug.")] = None,
    service: FromService = None,
    as_json: AsJson = False,
) -> None:
    """Hand parked messages to the service that parked them once more. Exit code 4 when some are refused again, and stay parked."""
    if (parked_id is None) is not every:
        raise typer.BadParameter("name one ID, or say --all")
    if parked_id is not None:
        found = _find(parked_id, service)
        with _door(found.service) as door:
            return _tell(Found(found.service, door.post(f"/parked/{parked_id}/replay")), "replayed", as_json=as_json)
    replay = Replay()
    take([Step(f"Replay what {name} parked", partial(replay.all_of, name, topic=topic, reason=reason)) for name in _chosen(service)])
    replay.tell(as_json=as_json)
    raise typer.Exit(Exit.REFUSED if replay.refused else Exit.DONE)


@parked.command("discard")
def discard_parked(
    parked_id: Id,
    reason: Annotated[str, typer.Option(help="Why it is given up; it is kept with the message.")],
    service: FromService = None,
    as_json: AsJson = False,
) -> None:
    """Give a parked message up."""
    found = _find(parked_id, service)
    with _door(found.service) as door:
        _tell(Found(found.service, door.post(f"/parked/{parked_id}/discard", {"reason": reason})), "discarded", as_json=as_json)


class Replay:
    """Many messages handed over again, one by one, in the order in which they were parked."""

    def __init__(self) -> None:
        self.replayed = 0
        self.refused: list[Message] = []

    def all_of(self, service: str, tell: Tell, **filters: str | None) -> None:
        with _door(service) as door:
            waiting = list(door.items("/parked", status="parked", sort="parked_at", **filters))
            for done, message in enumerate(waiting, start=1):
                self._one(door, message)
                tell(done, len(waiting))

    def _one(self, door: ServiceDoor, message: Message) -> None:
        try:
            door.post(f"/parked/{message['id']}/replay")
            self.replayed += 1
        except NotAllowedNow:
            return
        except Refused as refusal:
            self.refused.append({"service": door.service, "id": message["id"], "topic": message["topic"], "reason": str(refusal)})

    def tell(self, *, as_json: bool) -> None:
        if as_json:
            return print_json({"replayed": self.replayed, "refused": self.refused})
        results.print(f"{self.replayed} replayed, {len(self.refused)} refused again.", highlight=False)
        for one in self.refused:
            told = as_written(f"  {one['service']} {one['topic']} {one['id']}: {one['reason']}")
            results.print(told, highlight=False, soft_wrap=True)


def _chosen(service: str | None) -> tuple[str, ...]:
    if service is not None and service not in SERVICES:
        raise typer.BadParameter(f"there is no service '{service}'; there are {', '.join(SERVICES)}")
    return (service,) if service else tuple(SERVICES)


def _door(service: str) -> ServiceDoor:
    return ServiceDoor(service, roles=ROLES)


def _newest(service: str, limit: int, **filters: str | None) -> Iterator[Found]:
    with _door(service) as door:
        for _, message in zip(range(limit), door.items("/parked", sort="-parked_at", **filters), strict=False):
            yield Found(service, message)


def _find(parked_id: str, service: str | None) -> Found:
    """Asks one service after the other whose it is."""
    for name in _chosen(service):
        with _door(name) as door:
            try:
                return Found(name, door.get(f"/parked/{parked_id}"))
            except NotFound:
                continue
    raise NotFound(f"No service has a parked message {parked_id}")


def _readable(message: Message) -> str:
    """JSON is spread over lines; what is not text shows as base64."""
    value = message.get("value")
    if value is None:
        return message.get("value_base64") or ""
    try:
        return json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    except ValueError:
        return str(value)


def _edited(message: Message) -> str:
    text = click.edit(_readable(message), extension=".json")
    if text is None:
        raise typer.BadParameter("nothing was changed in the editor")
    return text.strip()


def _header(pair: str) -> tuple[str, str]:
    name, separator, text = pair.partition("=")
    if not name or not separator:
        raise typer.BadParameter(f"a header is NAME=TEXT, and not {pair}")
    return name, text


def _table(found: list[Found]) -> Table:
    table = Table("service", "id", "topic", "why", "what is wrong", "parked at")
    for one in found:
        message = one.message
        table.add_row(
            one.service, message["id"], message["topic"], message["reason"], as_written(message["error"][:120]), message["parked_at"][:19]
        )
    return table


def _tell(found: Found, done: str, *, as_json: bool) -> None:
    if as_json:
        return print_json(found.as_json())
    results.print(f"{done}: {found.message['id']} of {found.service}", highlight=False)

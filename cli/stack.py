"""The local stack as a whole: `dealwire up`, `down`, `status`, `logs`, `clean`."""

import asyncio
import subprocess
from contextlib import suppress
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from cli import pictures
from cli.exits import Exit
from cli.output import AsJson, print_json, progress, results, take
from deploy import SERVICES
from deploy.local.samples import Samples, Summary
from deploy.local.servers import Servers, connection_to, servers_of, servers_to_start
from deploy.local.services import Services
from deploy.local.sign_in import passwords_of_people
from deploy.local.state import State, every_stack, this_stack
from deploy.local.status import stack_status
from deploy.local.steps import Step
from deploy.topics import make_topics


class Part(StrEnum):
    SERVERS = "servers"


def up(
    only: Annotated[
        Part | None, typer.Option(help="Start MongoDB and Kafka, make users and topics, and leave the services to you.")
    ] = None,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay, show the logs, and stop everything on Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start the whole stack on this machine and send it the sample leads. Harmless when it is running already.

    DEALWIRE_PORT (8100) is its first port. DEALWIRE_SERVERS=external, docker or embedded says where MongoDB and Kafka come from;
    by default whichever this machine offers first. Data survives `down` and `up`.
    """
    state = this_stack()
    samples = Samples(state)
    with state.alone():
        servers = servers_to_start(state)
        take([*servers.starting(), Step("Create the topics", lambda _: _make_topics(servers))])
        if only is None:
            take([*Services(state, servers).starting(), *samples.sending()])
    _tell(state, servers, samples.summary, as_json=as_json)
    if foreground:
        _stay(state)


def down(as_json: AsJson = False) -> None:
    """Stop the services, then the servers. The data stays."""
    state = this_stack()
    with state.alone():
        _stop(state)
    if as_json:
        print_json({"stopped": True})


def clean(
    every: Annotated[
        bool, typer.Option("--all", help="Every stack that this checkout has started, not only that of DEALWIRE_PORT.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Stop the stack and remove all that it kept: data, logs, secrets."""
    stacks = every_stack() if every else [this_stack()]
    for state in stacks:
        with state.alone():
            _stop(state, erase=True)
        state.erase()
    if as_json:
        print_json({"removed": [str(state.folder) for state in stacks]})


def status(as_json: AsJson = False) -> None:
    """Show servers, services with their roles, consumer lag, outbox backlog and parked messages.

    Exit code 0 when all is well, 1 when a service is not ready, 3 when the servers are away.
    """
    state = this_stack()
    found = asyncio.run(stack_status(state, servers_of(state)))
    if as_json:
        print_json(found.as_json())
    else:
        results.print(pictures.of_status(found))
    raise typer.Exit(Exit.DONE if found.green else Exit.FAILED if found.servers_up else Exit.AWAY)


def logs(
    service: Annotated[str | None, typer.Argument(help="One of the services, mongod, kafka or mailbox. Default: all.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as they grow, until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
) -> None:
    """Show what the processes of the stack have printed last."""
    folder = this_stack().processes.logs
    files = sorted(folder.glob(f"{service or '*'}.log"))
    if not files:
        known = ", ".join(sorted(file.stem for file in folder.glob("*.log"))) or "none: nothing was started yet"
        raise typer.BadParameter(f"there is no log of '{service or 'anything'}'; there are logs of {known}")
    command = ["tail", "-n", str(lines), *(["-F"] if follow else []), *map(str, files)]
    with suppress(KeyboardInterrupt):
        subprocess.run(command, check=False)


def _tell(state: State, servers: Servers, summary: Summary | None, *, as_json: bool) -> None:
    """What came of it; without services only the servers have addresses."""
    addresses = _addresses_of_services(state) if summary else {}
    addresses |= {"Kafka": servers.kafka, "MongoDB": servers.mongo}
    if as_json:
        print_json({"summary": summary and asdict(summary), "addresses": addresses, "sign_in": str(state.secrets / "sign-in.json")})
        return
    if summary:
        results.print(pictures.of_summary(summary))
    results.print(pictures.of_addresses(addresses, passwords_of_people(state) if summary else {}))


def _addresses_of_services(state: State) -> dict[str, str]:
    urls = {service: state.ports.url_of(service) for service in SERVICES}
    return urls | {"mail in (SMTP)": f"127.0.0.1:{state.ports.mail_door}", "mail out (SMTP)": f"127.0.0.1:{state.ports.mailbox}"}


def _stop(state: State, *, erase: bool = False) -> None:
    servers = servers_of(state)
    stopping = Step("Stop MongoDB and Kafka", lambda _: servers.erase() if erase else servers.stop())
    take([Step("Stop the services", lambda _: Services(state, servers).stop()), stopping])


def _make_topics(servers: Servers) -> None:
    asyncio.run(make_topics(connection_to(servers)))


def _stay(state: State) -> None:
    progress.print("[dim]Ctrl-C stops the stack.[/]")
    logs(follow=True, lines=0)
    with state.alone():
        _stop(state)

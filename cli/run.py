"""`dealwire run`: one service, or some of its roles, in this process."""

import gc
import os
from importlib import import_module
from typing import Annotated

import typer

from deploy import SERVICES


def run(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")],
    role: Annotated[
        list[str] | None,
        typer.Option(help="api, consumer, relay or scheduler, and for leads ingest, match or mail; may be repeated. Default: all."),
    ] = None,
    port: Annotated[int | None, typer.Option(help="Where its doors listen; 0 takes any free port.")] = None,
    local: Annotated[bool, typer.Option("--local", help="Join the local stack: its servers, its keys, this service's secrets.")] = False,
) -> None:
    """Run one service until SIGTERM; then it drains: nothing is lost and nothing is done twice.

    Its settings come from the environment (DEALWIRE_KAFKA, DEALWIRE_MONGO, DEALWIRE_JWKS, DEALWIRE_ISSUER ...).
    A second ingest worker beside the local stack: dealwire run leads --role ingest --port 0 --local
    """
    if service not in SERVICES:
        raise typer.BadParameter(f"there is no service '{service}'; there are {', '.join(SERVICES)}")
    if local:
        _join_local_stack(service)
    gc.disable()  # nothing that is imported is garbage: looking for some takes a sixth of the time
    running = import_module(f"services.{service}.main").service
    gc.enable()
    unknown = sorted(set(role or ()) - set(running.roles))
    if unknown:
        raise typer.BadParameter(f"{service} has no role {', '.join(unknown)}; it has {', '.join(running.roles)}")
    running.run(roles=role or (), port=port)


def _join_local_stack(service: str) -> None:
    from deploy.local.servers import require_running, servers_of
    from deploy.local.services import Services
    from deploy.local.state import this_stack

    state = this_stack()
    servers = servers_of(state)
    require_running(state, servers)
    os.environ.update(Services(state, servers).environment_of(service))

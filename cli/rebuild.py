"""`dealwire rebuild`: the console's read models, made again from the topics."""

import time
from typing import Annotated, Any

import typer

from cli.client import ServiceDoor
from cli.output import AsJson, print_json, results, take
from deploy.local.steps import Step, Tell
from shared.errors import NotAllowedNow

POLL_SECONDS = 0.3


def rebuild(
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the new ones are shown.")] = True,
    as_json: AsJson = False,
) -> None:
    """Build the console's read models again from nothing; its pages show the old ones until the new ones have caught up.

    If a rebuild is under way already, this follows it.
    """
    with ServiceDoor("console", roles=["admin"]) as console:
        steps = [Step("Begin anew", lambda _: _begin(console))]
        if wait:
            steps.append(Step("Read the topics from the start", lambda tell: _follow(console, tell)))
        take(steps)
        state = console.get("/rebuild")
    if as_json:
        return print_json(state)
    results.print(f"{state['done']} of {state['total']} events read, generation {state['generation']} is shown.", highlight=False)


def _begin(console: ServiceDoor) -> None:
    try:
        console.post("/rebuild")
    except NotAllowedNow:
        return


def _follow(console: ServiceDoor, tell: Tell) -> None:
    while (state := _look(console, tell))["state"] == "building":
        time.sleep(POLL_SECONDS)
    tell(state["total"], state["total"])


def _look(console: ServiceDoor, tell: Tell) -> dict[str, Any]:
    state: dict[str, Any] = console.get("/rebuild")
    tell(state["done"], state["total"])
    return state

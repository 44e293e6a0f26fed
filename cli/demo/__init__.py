"""`dealwire demo`: a month of sales in a minute, played through the public doors of the local stack."""

import json
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from cli.demo.cast import Cast
from cli.demo.month import Month
from cli.demo.pictures import of_outcome
from cli.demo.plan import plan_of
from cli.output import AsJson, print_json, results, take
from deploy.local.problems import ServersAway
from deploy.local.state import State, this_stack
from deploy.local.tokens import sign_token


def demo(
    size: Annotated[float, typer.Option(min=0.1, max=1.5, help="A smaller or larger month.")] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Play a month of sales on the running local stack, so that the console has something to look at. It takes under a minute.

    Leads come by HTTP, Kafka and file; reps call, promise, propose, win and lose; orders go out, customers complain and answer
    surveys. Each time it adds another month, with other people. Of what is there it changes one thing: reps without a manager get one.
    """
    state = this_stack()
    if not state.secrets.exists():
        raise ServersAway(f"No stack was started at port {state.ports.first}.", "Start one with: make up")
    with Cast(partial(sign_token, state)) as cast:
        month = Month(plan_of(_next_month(state), size=size), cast)
        take(month.acts())
        if as_json:
            print_json(asdict(month.outcome) | {"console": state.ports.url_of("console")})
        else:
            results.print(of_outcome(month.outcome, state.ports.url_of("console")))


def _next_month(state: State) -> int:
    """Counts the months that were begun. The note lies with the data, so that it is erased with the data."""
    note = state.data / "demo.json"
    begun = int(json.loads(note.read_text())["begun"]) if note.exists() else 0
    note.write_text(json.dumps({"begun": begun + 1}))
    return begun + 1

"""`make soak`: many leads while everything is being killed, then a check of every one of them. Exits with 1 when anything is wrong."""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.servers import running_servers
from tests.soak.cast import PARTS, SMALL
from tests.soak.checker import Check
from tests.soak.play import Plan, Progress, soak

console = Console()
SHOWN_FAULTS = 3


def main() -> None:
    plan, began = _plan(), time.monotonic()
    with running_servers() as servers, console.status("starting") as status:
        directory = Path(tempfile.mkdtemp(prefix="dealwire-soak-"))
        checks = asyncio.run(soak(servers, plan, directory, lambda progress: status.update(_line(progress, plan))))
    show(checks)
    console.print(f"{plan.leads:,} submissions, {plan.kills} kills, {time.monotonic() - began:.0f} s; the logs are in {directory}")
    sys.exit(0 if all(check.holds for check in checks) else 1)


def _plan() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000, help="how many submissions")
    parser.add_argument("--kills", type=int, default=40, help="how many kill -9, of processes, Kafka and mongod")
    parser.add_argument("--seconds", type=float, default=300, help="over how long they are spread")
    parser.add_argument("--patience", type=float, default=900, help="how long it may take to become quiet afterwards")
    parser.add_argument("--seed", type=int, default=1, help="the same seed sends the same and kills in the same order")
    parser.add_argument("--no-inbox", action="store_true", help="the negative control: every service forgets what it has heard")
    parser.add_argument("--small", action="store_true", help="without accounts and the console")
    chosen = parser.parse_args()
    parts = SMALL if chosen.small else PARTS
    return Plan(chosen.leads, chosen.kills, chosen.seconds, chosen.patience, chosen.seed, parts, forgetful=chosen.no_inbox)


def _line(progress: Progress, plan: Plan) -> str:
    left = ", ".join(f"{what} {count:,}" for what, count in sorted(progress.left.items(), key=lambda pair: -pair[1])[:4])
    return (
        f"{progress.doing}: {progress.sent:,} of {plan.leads:,} sent, {progress.kills} of {plan.kills} killed {left and f'· left: {left}'}"
    )


def show(checks: list[Check]) -> None:
    table = Table("", "what must hold", "looked at", "faults")
    for check in checks:
        table.add_row("[green]✓" if check.holds else "[red]✗", check.name, f"{check.counted:,}", f"{len(check.faults):,}")
    console.print(table)
    for check in checks:
        for fault in check.faults[:SHOWN_FAULTS]:
            console.print(f"[red]{check.name}:[/red] {fault}", highlight=False)


if __name__ == "__main__":
    main()

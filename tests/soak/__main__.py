"""`make soak`: many leads while everything is being killed, then a check of every one of them. Exits with 1 when anything is wrong."""

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.table import Table

from tests.servers import running_servers
from tests.soak.cast import PARTS, SMALL
from tests.soak.checker import Check
from tests.soak.play import Plan, Progress, soak

console = Console()
SHOWN_FAULTS = 3


def main() -> None:
    plan, began = _plan(), time.monotonic()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it would tell of every kill a hundred times
    with running_servers() as servers, console.status("starting") as status:
        directory = Path(tempfile.mkdtemp(prefix="dealwire-soak-"))
        checks = asyncio.run(soak(servers, plan, directory, Teller(plan, status)))
    show(checks)
    console.print(f"{plan.leads:,} submissions, {plan.kills} kills, {time.monotonic() - began:.0f} s")
    if not all(check.holds for check in checks):
        sys.exit(f"The logs are in {directory}")
    shutil.rmtree(directory)


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


class Teller:
    """Shows how far it is, and leaves a line for each part that is over."""

    def __init__(self, plan: Plan, status: Status) -> None:
        self._plan, self._status = plan, status
        self._doing, self._since = "starting", time.monotonic()

    def __call__(self, progress: Progress) -> None:
        if progress.doing != self._doing:
            console.print(f"{self._doing}: {time.monotonic() - self._since:.0f} s")
            self._doing, self._since = progress.doing, time.monotonic()
        self._status.update(self._line(progress))

    def _line(self, progress: Progress) -> str:
        left = [f"{what} {count:,}" for what, count in sorted(progress.left.items(), key=lambda pair: -pair[1])[:4]]
        sent = f"{progress.sent:,} of {self._plan.leads:,} sent, {progress.kills} of {self._plan.kills} killed"
        return f"{progress.doing}: {sent} {'· ' + ', '.join(left) if left else ''}"


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

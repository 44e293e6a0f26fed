"""`make bench`: one run on one machine, the same data for all, real servers; prints a table and writes bench.json."""

import argparse
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from shared.app import SHARED_INDEXES
from shared.database import Database, connect
from tests.bench import alike, door, files, grown, lateness, limit, lists, relaying, road
from tests.bench.duplicates.judging import judged
from tests.bench.duplicates.people import crowd
from tests.bench.leads import encoded, submissions
from tests.bench.stock import Stock
from tests.live.dealing import deal_while_killing
from tests.live.kafka import begin_anew
from tests.live.processes import fleet
from tests.servers import Servers, running_servers

Measures = dict[str, Any]
console = Console()


class Bench:
    """Each measurement on empty topics and an empty database; `scale` shrinks them all."""

    def __init__(self, servers: Servers, directory: Path, scale: float) -> None:
        self._servers, self._directory, self._scale = servers, directory, scale
        self._stored = 0

    def sized(self, count: int) -> int:
        return max(500, int(count * self._scale) // 500 * 500)

    async def limit(self) -> Measures:
        count = self.sized(100_000)
        async with self._fresh("bench") as db:
            await limit.fill(self._servers, encoded(submissions(count)))
            return {"raw_leads_per_second": await limit.raw_leads_per_second(self._servers, db, count)}

    async def naive(self) -> Measures:
        count = self.sized(1_000)
        async with self._fresh("bench") as db:
            await limit.fill(self._servers, encoded(submissions(count)))
            return {"naive_leads_per_second": await limit.naive_leads_per_second(self._servers, db, count)}

    async def road(self) -> Measures:
        count = self.sized(60_000)
        async with self._fresh("leads"):
            await limit.fill(self._servers, encoded(submissions(count)))
            with fleet(self._servers, self._directory) as ours:
                measured = await road.leads_per_second(self._servers, ours, count)
        return {"leads_per_second": measured["rate"]} | _cpu("", measured)

    async def second_ingest(self) -> Measures:
        """The same with two processes that capture, on the same cores."""
        count = self.sized(60_000)
        async with self._fresh("leads"):
            await limit.fill(self._servers, encoded(submissions(count)))
            with fleet(self._servers, self._directory) as ours:
                measured = await road.leads_per_second(self._servers, ours, count, roles=("ingest", *road.ROLES))
        return {"two_ingest_leads_per_second": measured["rate"]} | _cpu("two_ingest_", measured)

    async def grown(self) -> Measures:
        """With everything on, among 200,000 leads that are stored already and, as they grow, among a million."""
        measures, new, rates = Measures(), self.sized(40_000), list[float]()
        async with self._fresh("leads") as db:
            stock = await Stock.opened(db)
            for round_, count in enumerate((self.sized(200_000), self.sized(1_000_000))):
                await self._grow(stock, count)
                await begin_anew(self._servers)
                with fleet(self._servers, self._directory) as ours:
                    measured = await grown.leads_per_second(self._servers, ours, db, stock, range(round_ * new, (round_ + 1) * new))
                rates.append(measured["rate"])
                name = f"among_{count}_"
                measures |= {f"{name}leads_per_second": measured["rate"], f"{name}compared_per_second": measured["settled_rate"]}
                measures |= _cpu(name, measured)
        return measures | {"growth_lost_percent": (1 - rates[-1] / rates[0]) * 100}

    async def lists(self) -> Measures:
        """Among the leads that `grown` left behind, or as many."""
        count = self.sized(1_000_000)
        async with self._kept("leads") if self._stored == count else self._fresh("leads") as db:
            if not self._stored:
                await self._grow(await Stock.opened(db), count)
            with fleet(self._servers, self._directory) as ours:
                return {f"lists_{name}": value for name, value in (await lists.measured(ours, db)).items()}

    async def _grow(self, stock: Stock, count: int) -> None:
        began = time.perf_counter()
        await stock.grow(count)
        self._stored = count
        console.print(f"  {count:,} leads stored: {time.perf_counter() - began:.0f} s")

    async def dealing(self) -> Measures:
        """Ten thousand leads over three ingest processes, of which one is killed, as is the one who deals."""
        count = self.sized(10_000)
        async with self._fresh("leads") as db:
            with fleet(self._servers, self._directory) as ours:
                aftermath = await deal_while_killing(self._servers, ours, db, count)
        twice = aftermath.assignments - aftermath.kept.total()
        return {f"dealing_{count}_leads_spread": aftermath.spread, "dealing_assigned_twice": twice, "dealing_seconds": aftermath.seconds}

    async def relay(self) -> Measures:
        async with self._fresh("bench") as db:
            return {"relay_events_per_second": await relaying.events_per_second(self._servers, db, max(4, int(150 * self._scale)))}

    async def door(self) -> Measures:
        async with self._fresh("leads"):
            with fleet(self._servers, self._directory) as ours:
                return {"posts_per_second": await door.requests_per_second(ours, self.sized(10_000))}

    async def latency(self) -> Measures:
        """At a hundred a second, and at two hundred: all roles in one process, and in two."""
        measures, seconds = Measures(), max(5, int(20 * self._scale))
        for rate, (name, processes) in product((100, 200), {"": door.TOGETHER, "apart_": door.APART}.items()):
            async with self._fresh("leads"):
                with fleet(self._servers, self._directory) as ours:
                    measured = await door.seconds_to_assigned(self._servers, ours, seconds, rate, processes=processes)
            measures |= {f"door_to_assigned_at_{rate}_per_second_{name}{measure}": value for measure, value in measured.items()}
        return measures

    async def imports(self) -> Measures:
        count = self.sized(100_000)
        async with self._fresh("leads") as db:
            with fleet(self._servers, self._directory) as ours:
                found = await files.measured(self._servers, ours, db, count)
        return {f"import_{count}_rows_{name}": value for name, value in found.items()}

    async def timers(self) -> Measures:
        async with self._fresh("bench") as db:
            return {f"timers_{name}": value for name, value in (await lateness.lateness(db, self.sized(10_000))).items()}

    async def duplicates(self) -> Measures:
        """How well the default policy tells people apart, on a labelled crowd of its own."""
        result = judged(crowd(self.sized(30_000), seed=1))
        found = {name: getattr(result, name) for name in ("precision", "recall", "f1")}
        return {f"duplicates_{name}": value for name, value in found.items()} | {"duplicates_in_review": result.in_review}

    async def alike(self) -> Measures:
        async with self._fresh("leads") as db:
            return {f"alike_{name}": value for name, value in (await alike.measured(db, self.sized(200_000))).items()}

    @asynccontextmanager
    async def _fresh(self, name: str) -> AsyncIterator[Database]:
        async with self._kept(name) as db:
            await db.drop()
            self._stored = 0
            await db.ensure_indexes(SHARED_INDEXES)
            await begin_anew(self._servers)
            yield db

    @asynccontextmanager
    async def _kept(self, name: str) -> AsyncIterator[Database]:
        db = await connect(self._servers.mongo_uri, name)
        yield db
        db.close()


PARTS = (
    *("limit", "naive", "road", "second_ingest", "grown", "lists", "dealing", "relay", "door", "latency"),
    *("imports", "timers", "duplicates", "alike"),
)


async def run(servers: Servers, directory: Path, parts: list[str], scale: float) -> Measures:
    bench, results = Bench(servers, directory, scale), Measures()
    for part in parts:
        measure: Callable[[], Awaitable[Measures]] = getattr(bench, part)
        began = time.perf_counter()
        with console.status(f"measuring {part} …"):
            try:
                results |= await measure()
            except AssertionError as failed:  # what the others measured is not lost
                console.print(f"  {part} failed: {failed}")
                continue
        console.print(f"  {part}: {time.perf_counter() - began:.0f} s")
    return results | _ratios(results)


def _cpu(prefix: str, measured: Measures) -> Measures:
    return {f"{prefix}cpu_us_per_lead_{name}": us for name, us in measured["cpu_us_per_lead"].items()}


def _ratios(results: Measures) -> Measures:
    ours, naive, raw = (results.get(name) for name in ("leads_per_second", "naive_leads_per_second", "raw_leads_per_second"))
    found = {}
    if ours and naive:
        found["times_naive"] = ours / naive
    if ours and raw:
        found["share_of_the_limit"] = ours / raw
    return found


def show(results: Measures) -> None:
    table = Table("measure", "value", title=f"Dealwire on {os.cpu_count()} cores")
    for name, value in results.items():
        table.add_row(name.replace("_", " "), f"{value:,.2f}" if value < 100 else f"{value:,.0f}")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all by default")
    parser.add_argument("--scale", type=float, default=1.0, help="multiply all amounts by this")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dealwire-bench-") as directory:
        with running_servers() as servers:
            results = uvloop.run(run(servers, Path(directory), chosen.parts or list(PARTS), chosen.scale))
    show(results)
    Path("bench.json").write_text(json.dumps(results, indent=2) + "\n")
    console.print("written to bench.json")


if __name__ == "__main__":
    main()

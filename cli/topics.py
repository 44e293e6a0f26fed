"""`dealwire topics`: a Kafka made to agree with the catalogue."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from cli.exits import Exit
from cli.output import AsJson, print_json, results
from cli.servers import kafka_connection
from deploy.topics import Difference, Topics, wanted_topics


def topics(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what differs; exit code 1 if anything does.")] = False,
    replication: Annotated[int, typer.Option(min=1, help="Copies of each new topic: 3 in production.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Create every topic of the catalogue, or verify it: partitions, retention, cleanup, size of messages.

    Works on the Kafka that DEALWIRE_KAFKA names, else on that of the local stack. Partitions are added, never taken away.
    """
    differences = asyncio.run(_settle(dry_run=dry_run, replication=replication))
    incurable = [each for each in differences if dry_run or not each.curable]
    if as_json:
        print_json(
            {
                "topics": len(wanted_topics()),
                "differences": [asdict(each) | {"curable": each.curable} for each in differences],
                "changed": not dry_run,
            }
        )
    else:
        _show(differences, dry_run=dry_run)
    raise typer.Exit(Exit.FAILED if incurable else Exit.DONE)


async def _settle(*, dry_run: bool, replication: int) -> list[Difference]:
    async with Topics(kafka_connection()) as topics:
        return await (topics.differences(wanted_topics()) if dry_run else topics.make(wanted_topics(), replication=replication))


def _show(differences: list[Difference], *, dry_run: bool) -> None:
    if not differences:
        results.print(f"All {len(wanted_topics())} topics are as they should be.")
        return
    table = Table("topic", "what", "wanted", "found", "then")
    for each in differences:
        cure = "left as it is" if not each.curable else "would be mended" if dry_run else "mended"
        table.add_row(each.topic, each.what, each.wanted, each.found, cure)
    results.print(table)

"""`dealwire import`: a file of leads, through the door of the leads service."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.client import ServiceDoor
from cli.exits import Exit
from cli.output import AsJson, as_written, print_json, results, take
from deploy.local.steps import Step, Tell

POLL_SECONDS = 0.3
# Rows whose fate does not come for so long are parked, or their worker is away: `dealwire status` tells.
PATIENCE_SECONDS = 30.0


def import_leads(
    file: Annotated[Path, typer.Argument(help="CSV with a header row, NDJSON, or a workbook (.xlsx).", exists=True, dir_okay=False)],
    source: Annotated[str, typer.Option(help="The slug of the source that the leads came from.")],
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="COLUMN=FIELD", help="What a column means: 'E-Mail=person.email'; may be repeated.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until every row has its fate.")] = True,
    as_json: AsJson = False,
) -> None:
    """Import leads from a file. Refused rows come back in FILE.rejected.csv with line and reason; the others go through.

    Exit code 0 when all rows were taken, 4 when some were refused.
    """
    begun = Import(file, source, dict(_pair(each) for each in mapping or ()))
    waiting = [Step("Read the rows", begun.follow), Step("Wait until each has its fate", begun.follow_fates)]
    take([Step(f"Send {file.name}", lambda _: begun.send()), *(waiting if wait else [])])
    begun.tell(as_json=as_json)
    raise typer.Exit(Exit.REFUSED if begun.state["refused"] else Exit.DONE)


class Import:
    """One file on its way in; `state` is what the service last said of it."""

    def __init__(self, file: Path, source: str, columns: Mapping[str, str]) -> None:
        self._file, self._source, self._columns = file, source, columns
        self.state: dict[str, Any] = {}

    def send(self) -> None:
        fields = {"source": self._source, "mapping": json.dumps(self._columns)}
        with self._file.open("rb") as content, _leads() as leads:
            sent = {"file": (self._file.name, content, "text/csv")}
            self.state = leads.post("/imports", data=fields, files=sent, headers={"idempotency-key": str(uuid4())})

    def follow(self, tell: Tell) -> None:
        with _leads() as leads:
            while self.state["status"] in ("waiting", "running"):
                time.sleep(POLL_SECONDS)
                self._look(leads)
                tell(self.state["bytes_read"], self.state["bytes_total"])
            if self.state["refused"]:
                self._keep_rejected(leads)

    def follow_fates(self, tell: Tell) -> None:
        last_change, settled = time.monotonic(), -1
        with _leads() as leads:
            while settled < self.state["accepted"] and time.monotonic() - last_change < PATIENCE_SECONDS:
                before, settled = settled, sum(self._fates(leads).values())
                tell(settled, self.state["accepted"])
                if settled != before:
                    last_change = time.monotonic()
                if settled < self.state["accepted"]:
                    time.sleep(POLL_SECONDS)

    def _fates(self, leads: ServiceDoor) -> dict[str, int]:
        self._look(leads)
        return {status: count for status, count in self.state["fates"].items() if status != "pending"}

    def _look(self, leads: ServiceDoor) -> None:
        self.state |= leads.get(f"/imports/{self.state['import_id']}")

    def _keep_rejected(self, leads: ServiceDoor) -> None:
        kept = Path(f"{self._file}.rejected.csv")
        kept.write_text(leads.get_text(self.state["rejected_url"]))
        self.state["rejected_file"] = str(kept)

    def tell(self, *, as_json: bool) -> None:
        if as_json:
            return print_json(self.state)
        if self.state["status"] != "done":
            return results.print(f"Import {self.state['import_id']} has begun.", highlight=False)
        results.print(f"{self.state['rows']} rows: {self.state['accepted']} accepted, {self.state['refused']} refused.", highlight=False)
        for status, count in self.state["fates"].items():
            results.print(f"  {count:>8} {status}", highlight=False)
        if "rejected_file" in self.state:
            where = as_written(f"The refused ones, with line and reason: {self.state['rejected_file']}")
            results.print(where, highlight=False, soft_wrap=True)


def _leads() -> ServiceDoor:
    return ServiceDoor("leads", roles=["admin"])


def _pair(text: str) -> tuple[str, str]:
    column, equals, field = text.partition("=")
    if not (column.strip() and equals and field.strip()):
        raise typer.BadParameter(f"'{text}' is not COLUMN=FIELD, such as 'E-Mail=person.email'", param_hint="--map")
    return column.strip(), field.strip()

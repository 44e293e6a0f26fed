"""The three doors by which a lead comes in, each as an outside system knows it: bring some, and see which were refused and why."""

import csv
import io
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from services.leads.main import service as leads
from shared.database import Database
from tests.road import api_client, carry, hear_raw, raw

Submission = dict[str, Any]


class Refusal(NamedTuple):
    """The `number` of what was brought, from 0."""

    number: int
    field: str
    rule: str


Bring = Callable[[Database, Sequence[Submission]], Awaitable[list[Refusal]]]


async def by_http(db: Database, submissions: Sequence[Submission]) -> list[Refusal]:
    refusals = []
    async with api_client(leads, db, roles={"integration"}) as client:
        for number, submission in enumerate(submissions):
            response = await client.post("/leads", content=json.dumps(submission), headers={"content-type": "application/json"})
            if response.status_code != 202:
                assert response.status_code == 422
                assert response.headers["content-type"] == "application/problem+json"
                refusals += [Refusal(number, one["field"], one["rule"]) for one in response.json()["violations"]]
    await _carried(db)
    return refusals


async def by_kafka(db: Database, submissions: Sequence[Submission]) -> list[Refusal]:
    """As bare JSON, in one batch."""
    values = [json.dumps(submission).encode() for submission in submissions]
    await hear_raw(leads, db, *(raw("lead.submitted", value, offset=offset) for offset, value in enumerate(values)))
    await _carried(db)
    parked = await parked_messages(db)
    return [Refusal(one["offset"], violation["field"], violation["rule"]) for one in parked for violation in one["violations"]]


async def by_file(db: Database, submissions: Sequence[Submission]) -> list[Refusal]:
    """The columns are called after the fields; what the rows say of the source is said of the whole file."""
    rejected = await rejected_rows(db, csv_of(submissions))
    return [Refusal(int(row["line"]) - 2, row["column"], row["rule"]) for row in rejected]


DOORS: dict[str, Bring] = {"http": by_http, "kafka": by_kafka, "file": by_file}


async def parked_messages(db: Database) -> list[dict[str, Any]]:
    async with api_client(leads, db) as admin:
        return list((await admin.get("/parked", params={"limit": 200})).json()["items"])


async def rejected_rows(db: Database, file: bytes) -> list[dict[str, str]]:
    """Imports the file to its end; returns the rows that it gives back."""
    async with api_client(leads, db) as admin:
        accepted = await admin.post("/imports", files={"file": ("leads.csv", file, "text/csv")}, data=_named_after_fields(file))
        assert accepted.status_code == 202, accepted.text
        while await leads.workers[0].work(db):
            await _carried(db)
        state = (await admin.get(accepted.headers["location"])).json()
        assert state["status"] == "done"
        return list(csv.DictReader(io.StringIO((await admin.get(state["rejected_url"])).text)))


def csv_of(submissions: Sequence[Submission]) -> bytes:
    rows = [_flat({name: value for name, value in submission.items() if name != "source"}) for submission in submissions]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    file = csv.DictWriter(text, columns)
    file.writeheader()
    file.writerows(rows)
    return text.getvalue().encode()


def _named_after_fields(file: bytes) -> dict[str, str]:
    columns = file.partition(b"\n")[0].decode().strip().split(",")
    return {"source": "web", "mapping": json.dumps({column: column for column in columns})}


def _flat(value: Submission, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    return {column: cell for name, inner in value.items() for column, cell in _flat(inner, f"{path}.{name}".strip(".")).items()}


async def _carried(db: Database) -> None:
    """What leads says to itself; nobody else listens here."""
    await carry({"leads": (leads, db)})

"""Files of leads, handed in and read."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import httpx
from openpyxl import Workbook

from services.leads.service import read_imports
from shared.database import Database
from tests.road import said
from tests.services.leads.builders import carried, told


async def send(client: httpx.AsyncClient, content: str | bytes, *, expect: int = 202, draft: bool = False, **fields: str) -> dict[str, Any]:
    data = content.encode() if isinstance(content, str) else content
    path = "/imports?draft=true" if draft else "/imports"
    answer = await client.post(path, files={"file": ("leads.csv", data, "text/csv")}, data={"source": "fair"} | fields)
    assert answer.status_code == expect, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def read_all(db: Database) -> None:
    while await read_imports(db):
        pass


async def taken(db: Database, client: httpx.AsyncClient, content: str | bytes, **fields: str) -> dict[str, Any]:
    """An import that has become leads."""
    state = await send(client, content, **fields)
    await read_all(db)
    await carried(db, *await said(db))
    return await shown(client, state)


async def shown(client: httpx.AsyncClient, state: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = await told(client, "GET", f"/imports/{state['import_id']}")
    return answer


async def rejected(client: httpx.AsyncClient, state: dict[str, Any]) -> list[dict[str, str]]:
    answer = await client.get(state["rejected_url"])
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def workbook(*rows: Sequence[Any]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(list(row))
    book.save(file)
    return file.getvalue()

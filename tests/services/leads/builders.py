"""Valid objects; a test names only what matters to it."""

import asyncio
from typing import Any

import httpx

from services.leads.main import service
from services.leads.service import seed_defaults
from services.leads.store import HOLDINGS
from shared.database import Database, new_id, utcnow
from shared.events import Envelope, Event, LeadDescribed, LeadPlaced, LeadSubmitted
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, said

# Qualifies by the default criteria, and belongs to the team Europe.
GOOD = {
    "person": {"first_name": "Ana", "last_name": "Silva", "title": "Head of Purchasing"},
    "company": {"name": "Acme GmbH", "country": "DE", "employees": 200},
    "interest": {"product": "pumps", "need": "quieter ones", "budget": "20000", "currency": "EUR", "timeline": "this quarter"},
    "consent": {"marketing": True},
}
_numbers = iter(range(1_000_000))
_first_day: dict[str, list[dict[str, Any]]] = {}


def submission(**fields: Any) -> LeadSubmitted:
    """Somebody new every time, who qualifies; parts given are laid over the default ones, and a part given as None is left out."""
    number = next(_numbers)
    given: dict[str, Any] = {part: dict(value) for part, value in GOOD.items()} | {"source": "web"}
    given["person"] |= {"email": f"ana{number}@acme{number}.example"}
    given["company"] |= {"name": f"Acme {number} GmbH"}
    for part, value in fields.items():
        given[part] = {**given[part], **value} if isinstance(value, dict) and part in given else value
    return LeadSubmitted.model_validate({part: value for part, value in given.items() if value is not None})


def bare(**fields: Any) -> LeadSubmitted:
    """With nothing but what is given."""
    return LeadSubmitted.model_validate({"source": "web", **fields})


def from_outside(event: Event, *, event_id: str = "", source: str = "/partner", **more: Any) -> Event:
    """In an envelope of another system."""
    event_id = event_id or new_id()
    return event.in_envelope(Envelope(event_id, source, utcnow(), more.pop("correlation_id", event_id), **more))


async def fresh(database_of: DatabaseOf) -> Database:
    """The service's database as it is on the first day; what was said on that day has been heard."""
    db = await database_of("leads")
    if _first_day:
        await asyncio.gather(*(db.collection(name).insert_many(rows) for name, rows in _first_day.items()))
    else:
        await seed_defaults(db)
        await said(db)
        _first_day.update(await _rows_of(db))
    return db


async def _rows_of(db: Database) -> dict[str, list[dict[str, Any]]]:
    """All that is in it, to be put into others: twenty times as fast as having the service make it again."""
    found = {name: await db.collection(name).find().to_list(None) for name in {holding.collection for holding in HOLDINGS}}
    return {name: rows for name, rows in found.items() if rows}


async def heard(db: Database, *submissions: Event) -> list[Event]:
    """What the service says when it hears these, its own next steps not yet taken, and that there is to be compared left out."""
    await hear(service, db, *submissions)
    return [event for event in await said(db) if not isinstance(event, LeadDescribed)]


async def carried(db: Database, *submissions: Event) -> list[Event]:
    """What it says until the leads have been dealt out."""
    everything: list[Event] = []
    events: list[Event] = list(submissions)
    while events:
        news = await heard(db, *events)
        everything += news
        events = [event for event in news if event.topic in ("lead.routed", "lead.submitted")]
    return everything


async def compared(db: Database, *submissions: Event) -> list[Event]:
    """What it says until everybody has been compared with everybody who is alike; nothing is dealt out."""
    everything: list[Event] = []
    events: list[Event] = list(submissions)
    while events:
        await hear(service, db, *events)
        news = await said(db)
        everything += news
        events = [*of(LeadDescribed, news), *of(LeadPlaced, news)]
    return everything


async def placed(db: Database) -> None:
    """All leads can be found by whom they are like, who were not compared yet."""
    ids = [lead["_id"] for lead in await leads_of(db)]
    await hear(service, db, LeadDescribed(lead_id=ids[0], lead_ids=ids, described_at=utcnow()))
    await said(db)


def of(kind: type[Any], events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def admin(db: Database) -> httpx.AsyncClient:
    return api_client(service, db)


def rep(db: Database, name: str = "ana", *teams: str) -> httpx.AsyncClient:
    return api_client(service, db, roles=("rep",), subject=name, teams=teams)


def manager(db: Database, *teams: str) -> httpx.AsyncClient:
    return api_client(service, db, roles=("manager",), subject="max", teams=teams)


async def told(client: httpx.AsyncClient, method: str, path: str, body: Any = None, *, expect: int = 200, **options: Any) -> Any:
    answer = await client.request(method, path, json=body, **options)
    assert answer.status_code == expect, answer.text
    return answer.json() if answer.content else None


async def leads_of(db: Database) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await db.collection("leads").find().sort("_id", 1).to_list(None)
    return rows


async def the_lead(db: Database) -> dict[str, Any]:
    (lead,) = await leads_of(db)
    return lead

"""The page of one customer, whatever id one comes with, and its timeline as JSON."""

from datetime import datetime
from typing import Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.console.api.visits import PEOPLE, Guest
from services.console.rules import asked_words
from services.console.service import Entry, find_customer, open_library, tell_timeline
from services.console.store import ENTRIES
from shared.paging import Page
from shared.web import Door

router = APIRouter()
MOST_FOUND = 25
MOST_WATCHED = 60


class EntryView(BaseModel):
    """One thing that happened to a customer: `about` is the record it happened to, `topic` the event that told of it."""

    id: str
    at: datetime
    topic: str
    service: str
    about: str
    title: str
    detail: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        told = {"title": entry.sentence.title, "detail": entry.sentence.detail}
        return cls(id=entry.id, at=entry.at, topic=entry.topic, service=entry.service, about=entry.about, **told)


@router.get("/customers", include_in_schema=False)
async def find_customers(visit: Guest, q: str = "") -> Response:
    found = {kind: await visit.library.search(kind, asked_words(q), MOST_FOUND) for kind in ("accounts", "opportunities", "leads")}
    names = await visit.library.find_names(row["owner_id"] for rows in found.values() for row in rows)
    return visit.show("customers.html", watch=list(found), q=q, found=found, names=names)


@router.get("/customers/{record_id}", include_in_schema=False)
async def show_customer(visit: Guest, record_id: str) -> Response:
    customer = await find_customer(visit.library, record_id.rpartition(":")[2], visit.params)
    return visit.show("customer.html", watch=customer.refs[:MOST_WATCHED], customer=customer, older="cursor" in visit.params)


@router.get("/api/console/customers/{record_id}/timeline", tags=["customers"], openapi_extra=ENTRIES.described)
async def list_timeline(record_id: str, door: Door, request: Request) -> Page[EntryView]:
    """What happened to one customer across all services, the latest first, by the id of their lead, opportunity, account or case."""
    door.allow(*PEOPLE)
    library = await open_library(door.db, door.principal)
    page = await tell_timeline(library, record_id, dict(request.query_params))
    return Page[EntryView](items=[EntryView.of(entry) for entry in page.items], next=page.next)

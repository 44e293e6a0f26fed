"""The poll of a source is set up: what its platform is asked, how often, and with which secrets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from services.leads import store
from services.leads.models import Mapping, Poll, PollState, Source
from services.leads.rules.sources.payloads import Item
from services.leads.rules.sources.polling import check_poll
from services.leads.service.records import add_record, change_record, expect_version
from services.leads.service.sources.fetching import PAGE_BYTES, Fetcher
from services.leads.service.sources.webhooks import try_mapping
from shared.database import Database
from shared.errors import Invalid
from shared.history import Change
from shared.outbound import Outbound, check_address
from shared.sealing import Sealer
from shared.transaction import Transaction

MOST_TRIED = 20


@dataclass(frozen=True, slots=True)
class PollTrial:
    """The first page as it is now: `leads` are in it, of which the first were read (`items`); `goes_on` when there is another."""

    problem: str | None = None
    leads: int = 0
    items: tuple[Item, ...] = ()
    goes_on: bool = False
    newest: datetime | None = None


async def get_poll(db: Database, source_id: str) -> tuple[Poll, PollState]:
    """With how far it has come."""
    return await store.get_record(db, Poll, source_id), await store.find_poll_state(db, source_id) or {}


async def set_poll(tx: Transaction, poll: Poll, *, networks: Iterable[Any] = (), expected_version: int | None = None) -> Poll:
    """The first time at once. A poll that asks for something else begins anew: what had come already is known."""
    await store.get_record(tx, Source, poll.id)
    check_request(poll, networks)
    expect_ids(await mapping_of(tx, poll.id))
    before = await store.find_record(tx, Poll, poll.id)
    if before is None:
        after = await add_record(tx, poll)
    else:
        known = {"version": before.version, "created_at": before.created_at, "updated_at": before.updated_at}
        after = await change_record(tx, before, poll.model_copy(update=known), expected_version)
    await _take_up(tx, after, anew=before is None or not after.asks_the_same_as(before))
    return after


async def remove_poll(tx: Transaction, source_id: str, expected_version: int | None) -> None:
    before = await store.get_record(tx, Poll, source_id)
    expect_version(before, expected_version)
    await store.remove_poll(tx, source_id)
    tx.record(Change(Poll.noun, source_id, before.version + 1, "removed"))


async def try_poll(db: Database, poll: Poll, outside: tuple[Any, Sealer]) -> PollTrial:
    """Asks the platform, outside of any transaction. `outside` are the networks that may be called, and the sealer."""
    networks, sealer = outside
    check_request(poll, networks)
    mapping, outbound = await mapping_of(db, poll.id), Outbound(networks, most_bytes=PAGE_BYTES)
    try:
        fetched = await Fetcher(outbound, sealer).fetch(poll, {"mark": poll.since.start if poll.since else None})
    finally:
        await outbound.close()
    page = fetched.page
    if page is None:
        return PollTrial(fetched.problem)
    items = [item for lead in page.leads[:MOST_TRIED] for item in await try_mapping(db, poll.id, mapping, to_json(lead))]
    return PollTrial(None, len(page.leads), tuple(items), page.onward is not None, page.newest)


async def mapping_of(place: Database | Transaction, source_id: str) -> Mapping:
    webhook = await store.find_webhook(place, source_id)
    if webhook is None or webhook.mapping is None:
        raise Invalid(f"The source {source_id} has no mapping yet, and nothing could be read", field="mapping", rule="missing")
    return webhook.mapping


def expect_ids(mapping: Mapping) -> None:
    """Whoever asks gets the same leads again: without ids of the platform they would be new ones."""
    if "external_id" not in mapping.fields:
        raise Invalid("A poll needs the platform's id of each lead", field="mapping.fields.external_id", rule="missing")


def check_request(poll: Poll, networks: Iterable[Any]) -> None:
    """Raises Invalid for what could never be asked."""
    check_poll(poll, poll.sealed)
    check_address(poll.url.replace("{", "x").replace("}", "x"), networks, sealed=True)


async def _take_up(tx: Transaction, poll: Poll, *, anew: bool) -> None:
    """Whoever is asking on the old terms finds another step, and what they bring is dropped."""
    state = await store.find_poll_state(tx, poll.id) or {"_id": poll.id, "step": 0, "taken": 0, "known": 0, "refused": 0}
    if anew:
        kept: PollState = {"_id": poll.id, "step": state["step"]}
        kept |= {"taken": state["taken"], "known": state["known"], "refused": state["refused"]}
        state = {**kept, "mark": poll.since.start if poll.since else None}
    news: PollState = {"step": state["step"] + 1, "due_at": tx.now if poll.active else None, "failures": 0, "problem": None}
    await store.save_poll_state(tx, {**state, **news})

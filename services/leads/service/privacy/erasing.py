"""A person wants to be forgotten: one function finds all that is theirs, wipes it, and says so once."""

from collections.abc import Collection, Mapping
from typing import Any

from services.leads import store
from services.leads.models import ErasureRecord, Forgotten, LeadDocument
from services.leads.service.distribution.pools import Loads
from services.leads.service.privacy.sight import scope_of
from shared.database import Database, new_id
from shared.errors import Forbidden, Invalid, NotFound
from shared.events import PersonErased
from shared.history import Change
from shared.principal import Principal
from shared.transaction import Transaction

Place = Database | Transaction
Found = Mapping[str, list[Any]]
_ADDRESSES = ("e:", "p:")
_ERASES_ANYBODY = frozenset({"admin", "privacy"})


async def find_person(place: Place, *, keys: Collection[str] = (), lead_ids: Collection[str] = ()) -> Forgotten:
    """By an address or a lead; with all their leads, also those that became part of another, and all addresses that these know.

    A telephone that others have, too, tells of nobody, unless it is what they are asked for by.
    """
    known_keys, known_ids, submitted = set(keys), set(lead_ids), set[str]()
    while True:
        leads = {lead["_id"]: lead for lead in await store.find_leads_by_key(place, known_keys)} | await store.find_leads(place, known_ids)
        merged, submissions = await store.find_relatives(place, leads)
        into = {lead["merged_into"] for lead in leads.values() if "merged_into" in lead}
        addresses = {key for lead in leads.values() for key in _addresses_of(lead)}
        submitted |= submissions | {lead["submission_id"] for lead in leads.values()}
        if addresses <= known_keys and known_ids >= {*leads, *merged, *into}:
            break
        known_keys |= addresses
        known_ids |= {*leads, *merged, *into}
    phones = {key[2:] for key in known_keys if key.startswith("p:")}
    phones |= {lead["person"]["phone"] for lead in leads.values() if "phone" in lead["person"]}
    shared = await store.find_phones_of_others(place, phones, known_ids)
    emails = {key for key in known_keys if key.startswith("e:")}
    return _forgotten({*keys, *emails, *(f"p:{phone}" for phone in phones - shared)}, known_ids, submitted)


def _addresses_of(lead: LeadDocument) -> list[str]:
    """Those by which all of their leads are found: of a telephone only the lead that is known by it."""
    email = lead["person"].get("email")
    return [*(key for key in lead.get("keys", ()) if key.startswith(_ADDRESSES)), *([f"e:{email}"] if email else [])]


def _forgotten(keys: Collection[str], lead_ids: Collection[str], submission_ids: Collection[str]) -> Forgotten:
    emails, phones = (frozenset(key[2:] for key in keys if key.startswith(kind)) for kind in _ADDRESSES)
    return Forgotten(frozenset(lead_ids), emails, phones, frozenset(submission_ids))


async def find_all_of(db: Database, person: Forgotten) -> Found:
    """By collection, the rows that no index finds; read before the transaction, which must not take long."""
    return {holding.collection: await holding.find(db, person) for holding in store.HOLDINGS if holding.wipe is not None}


async def expect_reach(db: Database, principal: Principal, person: Forgotten) -> None:
    """Raises NotFound when nobody is meant, Forbidden when others than the caller's teams know them as well."""
    missing = person.lead_ids - (await store.find_leads(db, person.lead_ids)).keys()
    if missing and not person.emails and not person.phones and not await store.find_erasures(db, person.names):
        raise NotFound(f"There is no lead {min(missing)}", field="lead_id", rule="exists")
    scope = {} if principal.roles & _ERASES_ANYBODY else await scope_of(db, principal)
    if scope and await store.find_leads_within(db, person.lead_ids, scope) != person.lead_ids - missing:
        raise Forbidden("Leads of other teams are of this person too; this takes the role privacy")


async def erase_person(tx: Transaction, person: Forgotten, found: Found, reason: str) -> ErasureRecord:
    """Once more for somebody of whom nothing is left changes nothing, says nothing, and answers what was done then."""
    if person.is_in(reason):
        raise Invalid("The reason is kept, so it must not name the person", field="reason", rule="no_personal_data")
    await _let_go(tx, person)
    counts = {one.collection: await one.wipe(tx, person, found.get(one.collection, [])) for one in store.HOLDINGS if one.wipe is not None}
    erased = {collection: count for collection, count in counts.items() if count}
    earlier = await store.find_erasures(tx, person.names)
    if earlier and not erased:
        return earlier[0]
    return await _certify(tx, person, reason, erased)


async def _let_go(tx: Transaction, person: Forgotten) -> None:
    """They weigh on nobody any more, and wait for nobody."""
    loads = Loads(tx)
    for lead in (await store.find_leads(tx, person.lead_ids)).values():
        if lead["status"] != "erased":
            loads.note_change(lead, {"status": "erased"})
            tx.record(Change("lead", lead["_id"], lead["version"] + 1, "erased", {"status": lead["status"]}, {"status": "erased"}))
    await loads.write()
    await store.remove_from_queue(tx, sorted(person.lead_ids))


async def _certify(tx: Transaction, person: Forgotten, reason: str, erased: dict[str, int]) -> ErasureRecord:
    times = {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.by}
    lead_ids = sorted(person.lead_ids)
    record = ErasureRecord(id=new_id(), names=person.names, lead_ids=lead_ids, reason=reason, erased=erased, **times)
    await store.add_record(tx, record)
    if lead_ids or person.emails:
        tx.emit(PersonErased(person_id=record.id, lead_ids=lead_ids, email_hashes=person.email_hashes, erased_at=tx.now))
    tx.record(Change("erasure", record.id, 1, "erased", after={"lead_ids": lead_ids, "erased": erased}, why=reason))
    return record

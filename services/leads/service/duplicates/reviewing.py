"""Two leads that may be one person: somebody says whether they are."""

from services.leads import store
from services.leads.models import DuplicateDocument, LeadDocument
from services.leads.models.matching import DuplicateStatus
from services.leads.rules.duplicates.absorbing import kept_of
from services.leads.service.capture.described import describe
from services.leads.service.duplicates.merging import ALIVE, absorb
from services.leads.service.duplicates.recognising import recognised
from services.leads.service.privacy.sight import scope_of
from services.leads.service.sales.desk import HandDesk
from shared.errors import NotAllowedNow, StaleVersion
from shared.events import Match
from shared.history import Change
from shared.principal import Principal
from shared.transaction import Transaction


async def merge_duplicate(tx: Transaction, pair: str, principal: Principal, expected_version: int | None) -> DuplicateDocument:
    """Of a lead and a customer: from now on it is known that they are one."""
    row = await _undecided(tx, pair, expected_version)
    scope = await scope_of(tx, principal)
    if "account_id" in row:
        lead = await store.get_lead(tx, row["lead_id"], scope)
        _expect_alive(lead)
        await store.change_leads(tx, {lead["_id"]: recognised(tx, lead, row["account_id"], Match.model_validate(row["match"]))})
        return await _decide(tx, row, "merged")
    leads = [await store.get_lead(tx, lead_id, scope) for lead_id in (row["lead_id"], row["other_id"])]
    for lead in leads:
        _expect_alive(lead)
    kept, other = kept_of(*leads)
    desk = await HandDesk.opened(tx, kept, other)
    await absorb(desk, kept, other, Match.model_validate(row["match"]))
    await desk.close()
    describe(tx, [kept["_id"]])
    return await _decide(tx, row, "merged")


async def separate_duplicate(tx: Transaction, pair: str, expected_version: int | None) -> DuplicateDocument:
    """From now on these two are never proposed again."""
    return await _decide(tx, await _undecided(tx, pair, expected_version), "separate")


async def _undecided(tx: Transaction, pair: str, expected_version: int | None) -> DuplicateDocument:
    row = await store.get_duplicate(tx, pair)
    if expected_version not in (None, row["version"]):
        raise StaleVersion(f"It is at version {row['version']} now", field="If-Match", rule="version")
    if row["status"] != "open":
        raise NotAllowedNow(f"It is decided: {row['status']}", field="status", rule="open")
    return row


async def _decide(tx: Transaction, row: DuplicateDocument, status: DuplicateStatus) -> DuplicateDocument:
    decided = await store.decide_duplicate(tx, row, status)
    tx.record(Change("duplicate", row["_id"], decided["version"], status, before={"status": row["status"]}, after={"status": status}))
    return decided


def _expect_alive(lead: LeadDocument) -> None:
    if lead["status"] not in ALIVE:
        raise NotAllowedNow(f"{lead['_id']} is {lead['status']}", field="lead_id", rule="status")

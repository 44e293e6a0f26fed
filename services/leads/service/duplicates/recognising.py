"""Some leads are customers already: their people are known from what is said of accounts."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from services.leads import store
from services.leads.models import GONE, DuplicateDocument, LeadDocument
from services.leads.rules.duplicates.contacts import compare_with_contact
from services.leads.rules.duplicates.likeness import Likeness, likeness_of
from services.leads.rules.duplicates.matching import Comparing, Matcher
from services.leads.store import pair_of
from shared.events import Match
from shared.history import Change
from shared.transaction import Transaction

MOST_IN_A_BLOCK, MOST_IN_AN_ANSWER = 50, 5_000
Row = dict[str, Any]
Rows = Mapping[str, Row]


async def recognise(tx: Transaction, matcher: Matcher, rows: Rows) -> None:
    """Which of these leads are customers: the likeliest is noted, or asked about."""
    blocks = {block for row in rows.values() for block in row["blocks"]}
    by_block: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for contact in await store.find_contacts_in_blocks(tx, sorted(blocks), MOST_IN_AN_ANSWER):
        for block in contact["blocks"]:
            by_block[block].append(contact)
    found = {lead_id: likeliest for lead_id, row in rows.items() if (likeliest := _likeliest(matcher, row, by_block)) is not None}
    if found:
        await _note(tx, matcher, found)


def _likeliest(matcher: Matcher, row: Row, by_block: Mapping[str, list[dict[str, Any]]]) -> tuple[str, Comparing] | None:
    near = {contact["_id"]: contact for block in row["blocks"] for contact in by_block.get(block, ())[:MOST_IN_A_BLOCK]}
    if not near:
        return None
    own = Likeness(*row["likeness"])
    compared = [(contact["account_id"], compare_with_contact(matcher, own, likeness_of(contact))) for contact in near.values()]
    account_id, best = max(compared, key=lambda one: one[1].points)
    return (account_id, best) if best.verdict != "separate" else None


async def _note(tx: Transaction, matcher: Matcher, found: Mapping[str, tuple[str, Comparing]]) -> None:
    known = await store.find_duplicates(tx, [pair_of(lead_id, account_id) for lead_id, (account_id, _) in found.items()])
    leads = await store.find_leads(tx, found)
    changes: dict[str, dict[str, Any]] = {}
    asked: list[DuplicateDocument] = []
    for lead_id, (account_id, comparing) in found.items():
        if pair_of(lead_id, account_id) in known or not _is_stranger(leads.get(lead_id)):
            continue
        if comparing.verdict == "merge":
            changes[lead_id] = recognised(tx, leads[lead_id], account_id, comparing.match)
        else:
            asked.append(_question(tx, matcher, (lead_id, account_id), comparing))
    await store.change_leads(tx, changes)
    await store.add_duplicates(tx, asked)


def _is_stranger(lead: LeadDocument | None) -> bool:
    return lead is not None and lead["status"] not in GONE and "account_id" not in lead


def recognised(tx: Transaction, lead: LeadDocument, account_id: str, match: Match) -> dict[str, Any]:
    """The fields to set."""
    version = lead["version"] + 1
    after = {"account_id": account_id, "fields": match.fields, "score": match.score}
    tx.record(Change("lead", lead["_id"], version, "recognised", after=after, why=match.rule))
    return {"account_id": account_id, "version": version, "updated_at": tx.now}


def _question(tx: Transaction, matcher: Matcher, who: tuple[str, str], comparing: Comparing) -> DuplicateDocument:
    lead_id, account_id = who
    row: DuplicateDocument = {"_id": pair_of(lead_id, account_id), "version": 1, "status": "open", "lead_id": lead_id}
    row["account_id"], row["score"], row["match"] = account_id, comparing.points, comparing.match.model_dump()
    row["policy_version"], row["found_at"] = matcher.policy.version, tx.now
    return row

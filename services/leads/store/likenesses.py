"""Each lead as it is compared with others, apart from it: what is found by its blocks is small, and no change of a lead rewrites them."""

from collections.abc import Collection, Sequence
from typing import Any

from pymongo import ReplaceOne

from services.leads.models import GONE, LeadDocument
from services.leads.store.leads import LEADS
from shared.database import Database
from shared.transaction import Transaction

Source = Database | Transaction
Row = dict[str, Any]
LIKENESSES = "likenesses"
_PLACES = {f"attributes.{name}": 1 for name in ("postcode", "postal_code", "zip", "city")}
_PERSON = {f"person.{name}": 1 for name in ("first_name", "last_name", "email", "phone")}
_COMPANY = {f"company.{name}": 1 for name in ("name", "domain", "country")}
_COMPARED_BY = {"status": 1} | _PERSON | _COMPANY | _PLACES


async def find_leads_to_place(tx: Transaction, lead_ids: Collection[str]) -> list[LeadDocument]:
    """What comparing needs of each, and no more; without those that are there no more."""
    rows: list[LeadDocument] = await tx.collection(LEADS).find({"_id": {"$in": list(lead_ids)}}, _COMPARED_BY).to_list(None)
    return [row for row in rows if row["status"] not in GONE]


async def save_likenesses(tx: Transaction, rows: Sequence[Row]) -> None:
    """Most are new, and rows that are put in together cost the server half of what they cost one by one."""
    known = await _find_known(tx, [row["_id"] for row in rows])
    if new := [row for row in rows if row["_id"] not in known]:
        tx.later(LIKENESSES).insert_many(new, ordered=False)
    if changed := [ReplaceOne({"_id": row["_id"]}, row) for row in rows if row["_id"] in known]:
        tx.later(LIKENESSES).bulk_write(changed, ordered=False)


async def _find_known(tx: Transaction, lead_ids: Collection[str]) -> set[str]:
    rows = await tx.collection(LIKENESSES).find({"_id": {"$in": list(lead_ids)}}, {"_id": 1}).to_list(None) if lead_ids else []
    return {row["_id"] for row in rows}


async def remove_likenesses(tx: Transaction, lead_ids: Collection[str]) -> None:
    if lead_ids:
        await tx.collection(LIKENESSES).delete_many({"_id": {"$in": list(lead_ids)}})


async def find_likenesses(source: Source, lead_ids: Collection[str]) -> dict[str, Row]:
    rows = await source.collection(LIKENESSES).find({"_id": {"$in": list(lead_ids)}}).to_list(None)
    return {row["_id"]: row for row in rows}


async def find_likenesses_in(source: Source, blocks: Collection[str], most: int) -> list[Row]:
    rows: list[Row] = await source.collection(LIKENESSES).find({"blocks": {"$in": list(blocks)}}).to_list(most) if blocks else []
    return rows


async def find_phones_of_others(source: Source, phones: Collection[str], lead_ids: Collection[str]) -> set[str]:
    """Those of these telephones that leads besides these have, be they known by them or not."""
    if not phones:
        return set()
    besides = {"_id": {"$nin": list(lead_ids)}}
    rows = await source.collection(LIKENESSES).find({"blocks": {"$in": list(phones)}, **besides}, {"blocks": 1}).to_list(None)
    keys = {"keys": {"$in": [f"p:{phone}" for phone in phones]}, **besides}
    leads = await source.collection(LEADS).find(keys, {"keys": 1}).to_list(None)
    found = [*(block for row in rows for block in row["blocks"]), *(key[2:] for lead in leads for key in lead["keys"])]
    return {*phones} & {*found}

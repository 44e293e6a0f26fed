"""Whom somebody sees, and what of them: the one place that turns a caller into a filter."""

from typing import Any

from services.leads import store
from services.leads.models import MASKABLE, MaskingSet
from services.leads.rules.privacy.masking import NOTHING, Hidden, hidden_from
from shared.database import Database
from shared.principal import Principal
from shared.transaction import Transaction

Fields = dict[str, Any]


async def scopes_of(place: Database | Transaction, principal: Principal) -> tuple[Fields, Fields | None]:
    """Filters for leads: their own and their teams', nothing at all for who sees everything; and those that anybody may claim, if any."""
    if not principal.record_scope():
        return {}, None
    for_anybody = await store.find_leads_for_anybody(place)
    return store.in_sight_of(principal.subject, principal.teams), {"_id": {"$in": for_anybody}} if for_anybody else None


async def scope_of(place: Database | Transaction, principal: Principal) -> Fields:
    """Both in one, for where no order is asked for."""
    own, for_anybody = await scopes_of(place, principal)
    return {"$or": [own, for_anybody]} if for_anybody else own


async def hidden_of(db: Database, principal: Principal) -> Hidden:
    """Nothing from managers and admins, who are not even looked up."""
    return hidden_from(await store.find_active_policy(db, MaskingSet), principal.roles) if principal.roles <= MASKABLE else NOTHING

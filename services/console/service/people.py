"""Who may see what, and who is who."""

from services.console import store
from services.console.models import Row
from services.console.store import Library
from shared.database import Database
from shared.principal import Principal


async def open_library(db: Database, principal: Principal) -> Library:
    """What they may see: their own records, their teams', and those of the people in their teams."""
    return await store.open_library(db, await _scope(db, principal))


async def _scope(db: Database, principal: Principal) -> Row:
    scope = principal.record_scope()
    colleagues = await store.find_colleagues(db, principal.teams) if scope and principal.teams else []
    return {"$or": [scope, {"owner_id": {"$in": colleagues}}]} if colleagues else scope

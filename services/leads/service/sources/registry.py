"""Where leads come from: sources are registered, change their terms, are switched off, and get new keys."""

from datetime import timedelta
from typing import Any

from services.leads import store
from services.leads.models import Source
from services.leads.rules.capture.terms import check_terms, windows
from services.leads.service.policies import forget_policy
from services.leads.service.records import add_record, change_record, with_fields
from shared.api_keys import IssuedKey, NewKey, expire_keys, issue_key
from shared.database import Database, utcnow
from shared.transaction import Transaction


async def add_source(tx: Transaction, source: Source) -> Source:
    check_terms(source)
    await add_record(tx, source)
    forget_policy(tx.database)
    return source


async def change_source(tx: Transaction, source_id: str, fields: dict[str, Any], expected_version: int | None) -> Source:
    """Once it is on again there is no reason any more why it is off."""
    before = await store.get_record(tx, Source, source_id)
    after = with_fields(before, fields)
    if after.active:
        after = after.model_copy(update={"off_reason": None})
    check_terms(after)
    changed = await change_record(tx, before, after, expected_version)
    forget_policy(tx.database)
    return changed


async def rotate_key(tx: Transaction, source_id: str, scopes: list[str], overlap: timedelta) -> IssuedKey:
    """A new key; those that the source has are good for the overlap and no longer."""
    await store.get_record(tx, Source, source_id)
    await expire_keys(tx, source_id, at=tx.now + overlap)
    return await issue_key(tx, NewKey(name=source_id, scopes=scopes))


async def usage_of(db: Database, source_id: str) -> dict[str, int]:
    """How many were taken in this minute and on this day; counted only for sources that have a limit."""
    minute, day = windows(utcnow())
    counts = (await store.find_usage(db, [source_id], (minute, day)))[source_id]
    return {"minute": counts[minute], "day": counts[day]}

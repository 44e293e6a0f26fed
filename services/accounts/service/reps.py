"""Reps come and go."""

from services.accounts import store
from services.accounts.models import Rep
from shared.events import RepChanged
from shared.transaction import Transaction


async def follow_reps(tx: Transaction, changes: list[RepChanged]) -> None:
    """Accounts and cases show who owns them, and whether they still work here."""
    reps = await store.find(tx, Rep, (change.rep_id for change in changes))
    moved: dict[str, Rep] = {}
    for change in changes:
        known = reps.get(change.rep_id)
        if known is None or change.version > known.version:
            moved[change.rep_id] = reps[change.rep_id] = Rep(
                id=change.rep_id,
                version=change.version,
                name=change.name,
                team_id=change.team_id,
                active=change.active,
                created_at=known.created_at if known else tx.now,
                updated_at=tx.now,
            )
    await store.save(tx, *moved.values())
    await store.follow_owners(tx, moved.values())

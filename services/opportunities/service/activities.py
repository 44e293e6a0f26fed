"""What was done about an opportunity, and what it took."""

from services.opportunities import store
from services.opportunities.models import Activity, NewActivity, said
from services.opportunities.rules import details
from services.opportunities.rules.commitments import check_occurred
from services.opportunities.service.desk import take_up
from services.opportunities.store import Target
from shared.database import new_id
from shared.transaction import Transaction


async def log_activity(tx: Transaction, target: Target, draft: NewActivity) -> Activity:
    desk = await take_up(tx, target)
    occurred_at = draft.occurred_at or tx.now
    check_occurred(occurred_at, tx.now)
    worked = await desk.put_back(details.with_effort(desk.opportunity, draft.effort_minutes), what="activity_logged")
    activity = Activity(
        id=new_id(),
        created_at=tx.now,
        updated_at=tx.now,
        opportunity_id=worked.id,
        opportunity_version=worked.version,
        kind=draft.kind,
        subject=draft.subject,
        notes=draft.notes,
        effort_minutes=draft.effort_minutes,
        by=tx.by.removeprefix("user:"),
        occurred_at=occurred_at,
    )
    await store.add_activity(tx, activity)
    tx.emit(said.activity_logged(activity))
    return activity

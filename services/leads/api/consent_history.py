"""What somebody has agreed to, and when they said otherwise."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from services.leads import store
from services.leads.api.sight import sight_of
from services.leads.rules.capture.consents import consent_history
from shared.events import Consent
from shared.web import Door

router = APIRouter(prefix="/leads/{lead_id}", tags=["privacy"])
MOST_CHANGES = 5_000


class ConsentSaid(BaseModel):
    """What held from `at` on. `by` is None for what they said when they became a lead."""

    consent: Consent
    at: datetime
    by: str | None
    submission_id: str | None


class ConsentsSaid(BaseModel):
    items: list[ConsentSaid]


@router.get("/consent-history")
async def list_consent_history(door: Door, lead_id: str) -> ConsentsSaid:
    """The latest first; by what submission, or by whom."""
    lead = await store.get_lead(door.db, lead_id, (await sight_of(door)).scope)
    changes = await store.find_changes_of(door.db, lead_id, MOST_CHANGES)
    return ConsentsSaid.model_validate({"items": list(consent_history(lead, changes))})

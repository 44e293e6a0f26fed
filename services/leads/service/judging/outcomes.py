"""How leads end, kept with what was known of them before: nothing in it tells who they were but the id."""

from typing import Any

from services.leads.models import LeadDocument
from services.leads.rules.judging.traits import traits_of
from shared.transaction import Transaction


def standing_of(lead: LeadDocument) -> dict[str, int]:
    """How it stands now, to be kept as `stood` when its sale begins."""
    return {"score": lead.get("score", 0), "engagement": lead.get("engagement", 0)}


def outcome_of(tx: Transaction, lead: LeadDocument, *, won: bool) -> dict[str, Any]:
    """As it stood when the sale began: the interest shown while it is being sold to would give its end away."""
    stood = lead.get("stood") or standing_of(lead)
    traits = traits_of(lead, stood["engagement"])
    return {"_id": lead["_id"], "won": won, "at": tx.now, "score": stood["score"], "team_id": lead.get("team_id", ""), "traits": traits}

"""What becomes of a lead that its owner has not responded to in time."""

from services.leads.models import LeadDocument
from services.leads.models.leads import WhenOverdue

MOST_REROUTES = 3


def is_waiting(lead: LeadDocument) -> bool:
    """For a response of its owner: not if it was contacted, closed or given up."""
    still_open = lead["status"] == "qualified" and lead.get("outcome", "converted") == "converted"
    return still_open and lead.get("owner_id") is not None and "contacted_at" not in lead


def what_next(lead: LeadDocument) -> WhenOverdue:
    """By the demands of the rule that routed it. With whom it was escalated to, it stays."""
    demands = lead.get("demands", {})
    when = demands.get("when_overdue", "reroute")
    if when == "keep" or lead.get("escalated") or "pool_id" not in lead:
        return "keep"
    most = demands.get("reroutes", MOST_REROUTES if when == "reroute" else 0)
    if lead.get("reroutes", 0) < most:
        return "reroute"
    return "escalate" if when == "escalate" else "keep"

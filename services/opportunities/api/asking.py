"""Who may do what here, and which opportunity they mean."""

from services.opportunities.store import Target
from shared.web import Door

MANAGERS = ("manager", "admin", "integration")
SELLERS = ("rep", *MANAGERS)
EVERYONE = (*SELLERS, "agent")


def target_of(opportunity_id: str, door: Door) -> Target:
    """As they may see it, at the version in If-Match."""
    return Target(opportunity_id, door.principal.record_scope(), door.expected_version)

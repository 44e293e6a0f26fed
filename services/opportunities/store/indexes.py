"""Every index of the service, each for a query that is asked."""

from collections.abc import Iterator

from shared.indexing import Index


def _sorted_by(*fields: str, within: str | None = None) -> Iterator[Index]:
    """The opportunities by one of the orders of their list; `within` is what a reader's scope or a filter fixes."""
    for name in fields:
        prefix = [(within, 1)] if within else []
        yield Index("opportunities", [*prefix, (name, -1), ("_id", -1)])


INDEXES = (
    *_sorted_by("updated_at", "amount", "close_date"),
    *_sorted_by("updated_at", "amount", "close_date", within="owner_id"),
    *_sorted_by("updated_at", "amount", "close_date", within="team_id"),
    # Few for one account, one for a lead: not worth an order, which every change would have to write anew.
    Index("opportunities", [("account_id", 1)]),
    Index("opportunities", [("lead_id", 1)]),
    Index("opportunities", [("pipeline", 1), ("stage", 1), ("status", 1), ("updated_at", -1), ("_id", -1)]),
    Index("opportunities", [("merged_lead_ids", 1)]),
    Index("opportunities", [("email_hashes", 1)]),
    # Holds all that a forecast of everything reads, so that it never fetches an opportunity.
    Index(
        "opportunities",
        [(name, 1) for name in ("status", "owner_id", "team_id", "close_date", "currency", "forecast_category", "probability", "amount")],
    ),
    Index("activities", [("opportunity_id", 1), ("occurred_at", -1), ("_id", -1)]),
    Index("commitments", [("opportunity_id", 1), ("due", 1), ("_id", 1)]),
    Index("proposals", [("opportunity_id", 1), ("sent_at", -1), ("_id", -1)]),
)

"""Every index of the service, each for a query that is asked."""

from shared.database import Index

KEPT_SECONDS = 30 * 24 * 3600
# Ids rise with time, so an order by _id is one by creation. When a lead is assigned, which changes two indexed fields, the server
# works out the keys of all its indexes, old and new: each index on leads costs every assignment about a sixth more.
INDEXES = (
    # What a lead is known by is its alone; one that became part of another is known by nothing.
    Index("leads", [("keys", 1)], unique=True, sparse=True),
    Index("leads", [("updated_at", -1), ("_id", -1)]),
    Index("leads", [("status", 1), ("_id", -1)]),
    Index("leads", [("source", 1), ("_id", -1)]),
    Index("leads", [("team_id", 1), ("_id", -1)]),
    Index("leads", [("owner_id", 1), ("_id", -1)]),
    Index("counters", [("kind", 1), ("day", 1)]),
    Index("won_deals", [("closed_at", 1), ("_id", 1)]),
    Index("claim_queue", [("pool_id", 1), ("since", 1), ("_id", 1)]),
    # Captured and merged submissions, nearly all of them, are in no index but that of their id.
    Index("submissions", [("status", 1), ("_id", -1)], partial={"status": {"$in": ["pending", "refused"]}}),
    Index("submissions", [("unknown_source", 1), ("_id", -1)], partial={"unknown_source": {"$exists": True}}),
    Index("submissions", [("source", 1), ("_id", -1)], partial={"status": "refused"}),
    Index("source_counts", [("source", 1), ("window", 1)]),
    Index("source_counts", [("expires_at", 1)], expire_after_seconds=0),
    Index("webhook_receipts", [("expires_at", 1)], expire_after_seconds=0, sparse=True),
    Index("submissions", [("import_id", 1), ("status", 1), ("undo", 1), ("_id", 1)], partial={"import_id": {"$exists": True}}),
    # What made a lead is named by the lead itself.
    Index("submissions", [("lead_id", 1), ("_id", 1)], partial={"status": "merged"}),
    Index("engagements", [("lead_id", 1), ("occurred_at", -1), ("_id", -1)]),
    Index("criteria", [("status", 1)], unique=True, partial={"status": "active"}),
    Index("routing", [("status", 1)], unique=True, partial={"status": "active"}),
    Index("reps", [("team_id", 1), ("_id", 1)]),
    Index("pools", [("counting", 1)], partial={"counting": True}),
    Index("load_changes", [("rep_id", 1)]),
    Index("customers", [("keys", 1)]),
    Index("handovers", [("status", 1), ("rep_id", 1), ("_id", 1)], partial={"status": {"$in": ["waiting", "running"]}}),
    Index("handovers", [("rep_id", 1), ("_id", -1)]),
    Index("imports", [("created_at", -1), ("_id", -1)]),
    Index("imports", [("due", 1)]),
    Index("import_chunks", [("at", 1)], expire_after_seconds=KEPT_SECONDS),
    Index("import_rejects", [("import_id", 1), ("line", 1)]),
    Index("import_rejects", [("at", 1)], expire_after_seconds=KEPT_SECONDS),
    Index("import_previews", [("at", 1)], expire_after_seconds=24 * 3600),
    Index("import_kept", [("import_id", 1), ("_id", 1)]),
)

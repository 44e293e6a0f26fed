"""Every index of the service, each for a query that is asked."""

from shared.database import Index

KEPT_SECONDS = 30 * 24 * 3600
# Ids rise with time, so an order by _id is one by creation. Each index that holds updated_at or owner_id is written again by
# every change of a lead: there is one of each, and no more.
INDEXES = (
    Index("leads", [("updated_at", -1), ("_id", -1)]),
    Index("leads", [("score", -1), ("_id", -1)]),
    Index("leads", [("status", 1), ("_id", -1)]),
    Index("leads", [("source", 1), ("_id", -1)]),
    Index("leads", [("team_id", 1), ("_id", -1)]),
    Index("leads", [("owner_id", 1), ("_id", -1)]),
    Index("leads", [("pool_id", 1), ("waiting_since", 1), ("_id", 1)], partial={"waiting_since": {"$exists": True}}),
    Index("leads", [("stated_source", 1), ("_id", -1)], partial={"stated_source": {"$exists": True}}),
    # Captured and merged submissions, nearly all of them, are in no index but that of their id.
    Index("submissions", [("status", 1), ("_id", -1)], partial={"status": {"$in": ["pending", "refused"]}}),
    Index("submissions", [("import_id", 1), ("status", 1)], partial={"import_id": {"$exists": True}}),
    Index("engagements", [("lead_id", 1), ("occurred_at", -1), ("_id", -1)]),
    Index("criteria", [("status", 1)], unique=True, partial={"status": "active"}),
    Index("routing", [("status", 1)], unique=True, partial={"status": "active"}),
    Index("reps", [("team_id", 1), ("_id", 1)]),
    Index("imports", [("created_at", -1), ("_id", -1)]),
    Index("imports", [("status", 1), ("_id", 1)], partial={"status": {"$in": ["waiting", "running"]}}),
    Index("import_chunks", [("at", 1)], expire_after_seconds=KEPT_SECONDS),
    Index("import_rejects", [("import_id", 1), ("line", 1)]),
    Index("import_rejects", [("at", 1)], expire_after_seconds=KEPT_SECONDS),
)

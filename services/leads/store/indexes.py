"""Every index of the service, each for a query that is asked."""

from services.leads.store import facets, seeking
from shared.indexing import Index

ASIDE = ("spam", "auto_reply", "bounce", "unconfirmed", "expired", "discarded")
KEPT_SECONDS = 30 * 24 * 3600
ASKED_SECONDS = 400 * 24 * 3600
# Ids rise with time, so an order by _id is one by creation.
INDEXES = (
    # What a lead is known by is its alone; one that became part of another is known by nothing.
    Index("leads", [("keys", 1)], unique=True, sparse=True),
    Index("leads", seeking.ORDERS["updated_at"]),
    Index("leads", facets.INDEX),
    Index("counters", [("kind", 1), ("day", 1)]),
    Index("won_deals", [("due_at", 1)], sparse=True),
    Index("claim_queue", [("pool_id", 1), ("since", 1), ("_id", 1)]),
    # Captured and merged submissions, nearly all of them, are in no index but that of their id.
    Index("submissions", [("status", 1), ("_id", -1)], partial={"status": {"$in": ["pending", "refused"]}}),
    # What somebody has to look at by hand, or is waited for.
    Index("submissions", [("status", -1), ("_id", -1)], partial={"status": {"$in": list(ASIDE)}}),
    Index("submissions", [("consent_id", 1)], partial={"consent_id": {"$exists": True}}),
    Index("submissions", [("unknown_source", 1), ("_id", -1)], partial={"unknown_source": {"$exists": True}}),
    Index("submissions", [("source", 1), ("_id", -1)], partial={"status": "refused"}),
    # Those that repeat what had come already, which no history tells of.
    Index("submissions", [("lead_id", 1)], partial={"rule": "external_id"}),
    Index("source_counts", [("source", 1), ("window", 1)]),
    Index("source_counts", [("expires_at", 1)], expire_after_seconds=0),
    Index("webhook_receipts", [("expires_at", 1)], expire_after_seconds=0, sparse=True),
    Index("submissions", [("import_id", 1), ("status", 1), ("undo", 1), ("_id", 1)], partial={"import_id": {"$exists": True}}),
    # What made a lead is named by the lead itself.
    Index("submissions", [("lead_id", 1), ("_id", 1)], partial={"status": "merged"}),
    Index("engagements", [("lead_id", 1), ("occurred_at", -1), ("_id", -1)]),
    Index("erasures", [("names", 1)]),
    Index("engagements", [("stranger", 1)], partial={"stranger": {"$gt": ""}}),
    Index("likenesses", [("blocks", 1)]),
    Index("duplicates", [("status", 1), ("score", -1), ("_id", -1)]),
    Index("duplicates", [("score", -1), ("_id", -1)]),
    Index("duplicates", [("lead_id", 1)]),
    Index("duplicates", [("other_id", 1)]),
    Index("contacts", [("blocks", 1)]),
    Index("contacts", [("account_id", 1)]),
    Index("contacts", [("email_hash", 1)], sparse=True),
    Index("merges", [("merged_lead_id", 1)]),
    Index("merges", [("lead_id", 1), ("status", 1), ("_id", 1)]),
    Index("matching", [("status", 1)], unique=True, partial={"status": "active"}),
    Index("outcomes", [("at", -1), ("_id", -1)]),
    Index("criteria_failures", [("version", 1), ("at", 1)]),
    Index("rejudgings", [("done", 1), ("_id", 1)], partial={"done": False}),
    Index("models", [("status", 1)], unique=True, partial={"status": "active"}),
    Index("consents", [("email", 1), ("_id", -1)]),
    Index("consents", [("email", 1), ("source", 1)], unique=True, partial={"status": "requested"}),
    Index("knocks", [("until", 1)], expire_after_seconds=0),
    Index("criteria", [("status", 1)], unique=True, partial={"status": "active"}),
    Index("masking", [("status", 1)], unique=True, partial={"status": "active"}),
    Index("routing", [("status", 1)], unique=True, partial={"status": "active"}),
    Index("enrichments", [("provider_id", 1), ("due_at", 1), ("_id", 1)], partial={"status": "due"}),
    Index("enrichments", [("lead_id", 1), ("_id", -1)]),
    Index("enrichments", [("settled_at", 1)], expire_after_seconds=ASKED_SECONDS),
    Index("enrichment_cache", [("expires_at", 1)], expire_after_seconds=0),
    Index("provider_usage", [("month", 1)]),
    Index("poll_states", [("due_at", 1)]),
    Index("companies", [("file_id", 1), ("domain", 1)]),
    Index("companies", [("file_id", 1), ("stems", 1)]),
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

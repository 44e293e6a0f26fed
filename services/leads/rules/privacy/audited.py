"""What the audit may keep for ever: of each noun the fields whose values can't be a person's. Of all others it keeps the names."""

from shared.change import Audited

_POLICY = frozenset({"status", "instead_of", "why"})
AUDITED: Audited = {
    "lead": frozenset({"status", "owner_id", "team_id", "outcome", "merged_lead_id", "merged_into", "score", "grade"}),
    "submission": frozenset({"status", "rule", "field"}),
    "parked": frozenset({"status"}),
    "import": frozenset({"status", "bytes_total"}),
    "api_key": frozenset({"name", "scopes", "expires_at", "revoked_at"}),
    "criteria": _POLICY,
    "routing": _POLICY,
    "masking": _POLICY,
    "models": _POLICY,
    "erasure": frozenset({"lead_ids", "erased", "why"}),
    "provider": frozenset({"kind", "active", "rank", "fields", "price", "currency", "monthly_budget", "concurrency", "rate_per_minute"}),
    "poll": frozenset({"active", "leads", "onward", "since", "every_seconds", "pages_per_turn"}),
    "rep": frozenset({"team_id", "manager_id", "active", "available", "skills", "languages", "weight", "max_open", "max_per_day"}),
    "team": frozenset({"name", "manager_id", "hours"}),
    "territory": frozenset({"name", "parent_id", "position", "ground", "team_id", "rep_ids", "active"}),
    "handover": frozenset({"rep_id", "to", "leaves"}),
    "source": frozenset({"kind", "active", "owner_id", "allowed_fields", "limits", "consent_basis", "monthly_cost"}),
    "webhook": frozenset({"mapping"}),
}

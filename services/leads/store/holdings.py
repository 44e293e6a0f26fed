"""What every collection holds of a person, how that is wiped, and for how long it is kept: who adds a collection adds its line."""

from dataclasses import dataclass

from services.leads.store import erasing, traces
from services.leads.store.erasing import Wipe, deleting, wiping_of_leads
from services.leads.store.traces import Find, by_reading, find_nothing

MONTH, QUARTER, TWO_YEARS = 30, 90, 730


@dataclass(frozen=True, slots=True)
class Holding:
    """`holds` says what it has of a person; without `wipe` nothing of one.

    `days` is how long it is kept where nobody has set anything else, None for as long as its record. `by` says how it goes: by the
    TTL index of the field `age`, or from the oldest on by a timer (`timer`); or when a row itself says so (`row`).
    """

    collection: str
    holds: str = ""
    wipe: Wipe | None = None
    find: Find = find_nothing
    days: int | None = None
    by: str = ""
    age: str = ""

    @property
    def can_be_set(self) -> bool:
        """What the delivery of events relies on can't."""
        return self.by in ("index", "timer") and self.collection not in ("inbox", "waiting_names")


HOLDINGS = (
    Holding("api_keys"),
    Holding("claim_queue"),
    Holding("companies"),
    Holding("consents", "who was asked to agree, and from where they did", erasing.wipe_consents),
    Holding("contacts", "the people at accounts, as leads are compared with them", erasing.wipe_contacts),
    Holding("counters"),
    Holding("criteria"),
    Holding("criteria_failures"),
    Holding("customers", "hashes of addresses of the people at accounts", erasing.wipe_customers),
    Holding("duplicates", "whom they are like", wiping_of_leads("duplicates", "lead_id", "other_id")),
    Holding(
        "engagements",
        "what they looked at, opened, said",
        erasing.wipe_engagements,
        days=TWO_YEARS,
        by="timer",
        age="occurred_at",
    ),
    # Answers about people are not kept in it.
    Holding("enrichment_cache", days=366, by="row", age="expires_at"),
    Holding(
        "enrichments",
        "who was asked about them, and what could not be taken of the answer",
        deleting("enrichments"),
        traces.of_leads("enrichments", "lead_id"),
        days=400,
        by="index",
        age="settled_at",
    ),
    Holding("erasures"),
    Holding("handovers"),
    Holding(
        "history",
        "values of leads before and after a change, and reasons in people's words",
        erasing.wipe_history,
        traces.find_history_elsewhere,
    ),
    Holding(
        "idempotency",
        "answers of commands, which show leads",
        erasing.wipe_answers,
        by_reading("idempotency", "answer", anywhere=True),
        days=1,
        by="row",
        age="expires_at",
    ),
    Holding("import_chunks", "files as they came", erasing.wipe_chunks, traces.find_chunks, days=MONTH, by="index", age="at"),
    Holding("import_kept"),
    # Digests that are a file's own.
    Holding("import_previews", days=1, by="index", age="at"),
    Holding(
        "import_rejects",
        "rows that could not be taken",
        erasing.wipe_rejected_rows,
        by_reading("import_rejects", "row", "reason"),
        days=MONTH,
        by="index",
        age="at",
    ),
    Holding("imports"),
    Holding("inbox", days=MONTH, by="index", age="at"),
    Holding("knocks", days=1, by="row", age="until"),
    Holding("leads", "all that is known of them", erasing.wipe_leads),
    Holding("learning_asked"),
    Holding("leases", days=1, by="row", age="until"),
    Holding("likenesses", "what others are compared with", wiping_of_leads("likenesses", "_id")),
    Holding("load_changes"),
    Holding("masking"),
    Holding("matching"),
    Holding("merges", "leads as they were before they became one", wiping_of_leads("merges", "lead_id", "merged_lead_id")),
    Holding("models"),
    Holding("outbox", "events that have not left yet", erasing.wipe_outbox, by_reading("outbox", "events", anywhere=True)),
    Holding("outcomes"),
    Holding(
        "parked",
        "messages that could not be used",
        erasing.wipe_parked,
        traces.find_parked,
        days=QUARTER,
        by="index",
        age="parked_at",
    ),
    # Marks and places in pages of a platform.
    Holding("poll_states"),
    Holding("polls"),
    Holding("pools"),
    Holding("provider_states"),
    Holding("provider_usage"),
    Holding("providers"),
    Holding("rejudgings"),
    Holding("reps"),
    Holding("routing"),
    Holding("source_counts", days=40, by="row", age="expires_at"),
    Holding("sources"),
    Holding(
        "submissions",
        "what came, byte by byte",
        erasing.wipe_submissions,
        traces.find_submissions_with,
        days=TWO_YEARS,
        by="timer",
        age="received_at",
    ),
    Holding("tallies"),
    Holding("teams"),
    Holding("territories"),
    Holding("timers", "nothing but ids, unless somebody schedules more", deleting("timers"), by_reading("timers", "payload")),
    Holding(
        "waiting",
        "events that wait for another",
        deleting("waiting"),
        by_reading("waiting", "key", "value", anywhere=True),
        days=QUARTER,
        by="index",
        age="at",
    ),
    Holding("waiting_names", days=1, by="index", age="at"),
    Holding(
        "webhook_receipts",
        "ids of platforms, which may be addresses",
        deleting("webhook_receipts"),
        by_reading("webhook_receipts", "_id"),
        days=7,
        by="row",
        age="expires_at",
    ),
    Holding("webhooks"),
    Holding("won_deals"),
)
RETENTION_DAYS = {one.collection: one.days for one in HOLDINGS if one.can_be_set and one.days is not None}

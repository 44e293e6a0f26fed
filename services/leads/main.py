"""Builds the leads service."""

from services.leads.api import router
from services.leads.consumers import subscriptions, timers
from services.leads.mail import MailDoor
from services.leads.rules.privacy.audited import AUDITED
from services.leads.service import (
    Asking,
    Polling,
    add_up_counters,
    count_deals_due,
    drop_old_rows,
    hand_over,
    learn_sometimes,
    read_imports,
    rejudge_leads,
    seed_defaults,
)
from services.leads.settings import lead_settings
from services.leads.store import INDEXES, RETENTION_DAYS
from shared.app import Service
from shared.events import (
    ConsentGiven,
    ConsentRequested,
    EngagementRecorded,
    ImportFinished,
    LeadAssigned,
    LeadCaptured,
    LeadContacted,
    LeadDescribed,
    LeadDisqualified,
    LeadEnriched,
    LeadMerged,
    LeadPlaced,
    LeadQualified,
    LeadResponseDue,
    LeadResponseOverdue,
    LeadReturned,
    LeadRouted,
    LeadSubmitted,
    LeadUnmerged,
    LeadWithdrawn,
    MaskingActivated,
    PersonErased,
    RepChanged,
)
from shared.work import Worker

service = Service(
    name="leads",
    port=8101,
    hears=subscriptions,
    # The last two are what its own doors say on behalf of outside systems.
    says=(
        LeadCaptured,
        LeadMerged,
        LeadUnmerged,
        LeadDescribed,
        LeadPlaced,
        LeadEnriched,
        LeadQualified,
        LeadDisqualified,
        LeadRouted,
        LeadAssigned,
        LeadContacted,
        LeadResponseDue,
        LeadResponseOverdue,
        LeadReturned,
        LeadWithdrawn,
        ImportFinished,
        PersonErased,
        RepChanged,
        MaskingActivated,
        ConsentRequested,
        ConsentGiven,
        LeadSubmitted,
        EngagementRecorded,
    ),
    router=router,
    timers=timers,
    indexes=INDEXES,
    doors={"mail": lambda db, _: MailDoor(db, lead_settings())},
    workers=(
        Worker("imports", work=read_imports),
        Worker("handovers", work=hand_over, idle_seconds=1),
        Worker("rejudging", work=rejudge_leads, idle_seconds=1),
        Worker("learning", work=learn_sometimes, idle_seconds=10),
        Worker("retention", work=drop_old_rows, idle_seconds=3600),
        Worker("reports", work=add_up_counters, idle_seconds=2),
        Worker("credit", work=count_deals_due, idle_seconds=60),
    ),
    parts={"enrichment": Asking, "polling": Polling},
    seed=seed_defaults,
    audited=AUDITED,
    keeps=RETENTION_DAYS,
)

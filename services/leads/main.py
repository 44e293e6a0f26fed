"""Builds the leads service."""

from services.leads.api import router
from services.leads.consumers import subscriptions, timers
from services.leads.service import add_up_counters, hand_over, read_imports, seed_defaults
from services.leads.store import INDEXES
from shared.app import Service
from shared.events import (
    EngagementRecorded,
    ImportFinished,
    LeadAssigned,
    LeadCaptured,
    LeadContacted,
    LeadDisqualified,
    LeadMerged,
    LeadQualified,
    LeadResponseDue,
    LeadResponseOverdue,
    LeadRestored,
    LeadReturned,
    LeadRouted,
    LeadSubmitted,
    LeadWithdrawn,
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
        LeadQualified,
        LeadDisqualified,
        LeadRouted,
        LeadAssigned,
        LeadContacted,
        LeadResponseDue,
        LeadResponseOverdue,
        LeadReturned,
        LeadRestored,
        LeadWithdrawn,
        ImportFinished,
        RepChanged,
        LeadSubmitted,
        EngagementRecorded,
    ),
    router=router,
    timers=timers,
    indexes=INDEXES,
    workers=(
        Worker("imports", work=read_imports),
        Worker("handovers", work=hand_over),
        Worker("reports", work=add_up_counters),
    ),
    seed=seed_defaults,
)

"""Builds the leads service."""

from services.leads.api import router
from services.leads.consumers import subscriptions, timers
from services.leads.service import add_up_counters, read_imports, seed_defaults
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
    LeadResponseOverdue,
    LeadRestored,
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
        LeadResponseOverdue,
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
    workers=(Worker("imports", work=read_imports), Worker("reports", work=add_up_counters)),
    seed=seed_defaults,
)

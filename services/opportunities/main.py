"""Builds the opportunities service."""

from services.opportunities.api import router
from services.opportunities.consumers import subscriptions, timers
from services.opportunities.service import seed_defaults
from services.opportunities.store import INDEXES
from shared.app import Service
from shared.events import (
    ActivityLogged,
    CommitmentKept,
    CommitmentMade,
    CommitmentMissed,
    DealClosed,
    DealReopened,
    OpportunityOpened,
    OpportunityReturned,
    OpportunityStageChanged,
    OpportunityStalled,
    OpportunityWithdrawn,
    ProposalDecided,
    ProposalSent,
)

service = Service(
    name="opportunities",
    port=8102,
    hears=subscriptions,
    says=(
        OpportunityOpened,
        OpportunityReturned,
        OpportunityStageChanged,
        OpportunityStalled,
        OpportunityWithdrawn,
        ActivityLogged,
        CommitmentMade,
        CommitmentKept,
        CommitmentMissed,
        ProposalSent,
        ProposalDecided,
        DealClosed,
        DealReopened,
    ),
    router=router,
    timers=timers,
    indexes=INDEXES,
    seed=seed_defaults,
)

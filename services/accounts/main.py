"""The accounts service: customers after the sale."""

from services.accounts.api import router
from services.accounts.consumers import subscriptions, timers
from services.accounts.store import INDEXES
from shared.app import Service
from shared.events import (
    AccountAtRisk,
    AccountChanged,
    AccountOpened,
    CaseOpened,
    CaseOverdue,
    CaseResolved,
    CaseSubmitted,
    FollowUpDue,
    OrderFulfilled,
    OrderUpdated,
    SatisfactionRecorded,
    SurveyAnswered,
    SurveyRequested,
)

service = Service(
    name="accounts",
    port=8103,
    hears=subscriptions,
    # The last three are what its own doors say on behalf of outside systems.
    says=(
        AccountOpened,
        AccountChanged,
        AccountAtRisk,
        OrderFulfilled,
        FollowUpDue,
        SurveyRequested,
        SatisfactionRecorded,
        CaseOpened,
        CaseResolved,
        CaseOverdue,
        OrderUpdated,
        CaseSubmitted,
        SurveyAnswered,
    ),
    router=router,
    timers=timers,
    indexes=INDEXES,
)

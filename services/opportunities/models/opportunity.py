"""One chance to sell: who, what, how much, how far it has come, and what was learned on the way."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID, uuid5

from pydantic import PlainSerializer, StringConstraints

from services.opportunities.models.pipeline import Percent
from shared.database import Record
from shared.events import Company, Contact, Expectation, Interest, Line, Person, TeamMember
from shared.events.opportunities import ForecastCategory
from shared.events.values import LongText, Money, Text, Value

Status = Literal["open", "won", "lost", "returned"]
Outcome = Literal["won", "lost"]
# MongoDB has no dates without a time; as ISO text they keep their order.
CloseDate = Annotated[date, PlainSerializer(date.isoformat, return_type=str)]

_NAMESPACE = UUID("6f1c1a52-7f0f-4c55-9f5e-6f4d6b1d0a11")


def opportunity_id_of(lead_id: str) -> str:
    """The one opportunity that a lead can open.

    Derived, so that "once per lead" is the primary key itself: it holds under sharding, where no other unique index
    does, and survives a rebuild from the topics.
    """
    return str(uuid5(_NAMESPACE, lead_id))


class StageStay(Value):
    """One stay in one stage; coming back makes another."""

    stage: str
    entered_at: datetime
    left_at: datetime | None = None
    spent_seconds: float | None = None


class Competitor(Value):
    name: Annotated[Text, StringConstraints(min_length=1)]
    notes: LongText | None = None


class Opportunity(Record):
    """`probability` and `forecast_category` are those of the stage when it was entered.

    `owner_version` and `details_version` are the lead's versions last followed, `qualified_version` and `returned_version` those at
    which it last came from leads and went back to them, `merged_versions` those at which it took in others: all of this comes on topics
    without order between them. `effort_minutes` is the sum of the activities. `touched_at` is when somebody last worked on it.
    """

    lead_id: str | None = None
    merged_lead_ids: list[str] = []
    merged_versions: dict[str, int] = {}
    owner_version: int = 0
    details_version: int = 0
    qualified_version: int = 0
    returned_version: int = 0
    account_id: str | None = None

    name: str
    status: Status = "open"
    pipeline: str
    stage: str
    stages: list[StageStay]
    probability: Percent
    forecast_category: ForecastCategory

    owner_id: str | None = None
    team_id: str | None = None
    team: list[TeamMember] = []

    amount: Money | None = None
    currency: str | None = None
    close_date: CloseDate | None = None
    lines: list[Line] = []

    person: Person = Person()
    company: Company = Company()
    interest: Interest = Interest()
    contacts: list[Contact] = []
    email_hashes: list[str] = []
    erased: bool = False

    needs: list[str] = []
    expectations: list[Expectation] = []
    competitors: list[Competitor] = []

    effort_minutes: int = 0
    proposals_sent: int = 0
    opened_at: datetime
    touched_at: datetime
    stalled_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    close_note: str | None = None

    @property
    def entered_at(self) -> datetime:
        """When the present stage was entered."""
        return self.stages[-1].entered_at

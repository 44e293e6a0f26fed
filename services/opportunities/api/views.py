"""What the doors show."""

from typing import Self

from pydantic import BaseModel, Field

from services.opportunities.models import Activity, Commitment, Opportunity, Pipeline, Proposal
from shared.database import Record
from shared.events import TeamMember


class Shown(Record):
    """A record as it is shown: `of` a record, or `from_document` of its row."""

    @classmethod
    def of(cls, record: Record) -> Self:
        return cls.model_validate(dict(record))


class OpportunityView(Opportunity, Shown):
    owner_version: int = Field(0, exclude=True)
    details_version: int = Field(0, exclude=True)
    qualified_version: int = Field(0, exclude=True)
    returned_version: int = Field(0, exclude=True)
    merged_versions: dict[str, int] = Field({}, exclude=True)
    email_hashes: list[str] = Field([], exclude=True)


class OpportunityWhole(OpportunityView):
    """`linked_ids`: the opportunities of leads that turned out to be the same as this one's."""

    linked_ids: list[str] = []


class ActivityView(Activity, Shown):
    pass


class CommitmentView(Commitment, Shown):
    pass


class ProposalView(Proposal, Shown):
    pass


class PipelineView(Pipeline, Shown):
    pass


class TeamView(BaseModel):
    """`version` is the opportunity's."""

    version: int
    owner_id: str | None
    items: list[TeamMember]

    @classmethod
    def of(cls, opportunity: Opportunity) -> Self:
        return cls(version=opportunity.version, owner_id=opportunity.owner_id, items=opportunity.team)

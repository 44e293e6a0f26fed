"""Documents of the opportunities service, and the events that are made from them."""

from services.opportunities.models.drafts import (
    Closing,
    Decision,
    Details,
    Keeping,
    Move,
    NewActivity,
    NewCommitment,
    NewOpportunity,
    NewPipeline,
    NewProposal,
    PipelineDraft,
    Reopening,
    Team,
)
from services.opportunities.models.forecast import Forecast, Sum
from services.opportunities.models.knowledge import Activity, Commitment, Proposal
from services.opportunities.models.opportunity import Competitor, Opportunity, StageStay, opportunity_id_of
from services.opportunities.models.pipeline import DEFAULT_PIPELINE, Pipeline, Stage
from services.opportunities.models.rep import Rep

__all__ = [
    "DEFAULT_PIPELINE",
    "Activity",
    "Closing",
    "Commitment",
    "Competitor",
    "Decision",
    "Details",
    "Forecast",
    "Keeping",
    "Move",
    "NewActivity",
    "NewCommitment",
    "NewOpportunity",
    "NewPipeline",
    "NewProposal",
    "Opportunity",
    "Pipeline",
    "PipelineDraft",
    "Proposal",
    "Reopening",
    "Rep",
    "Stage",
    "StageStay",
    "Sum",
    "Team",
    "opportunity_id_of",
]

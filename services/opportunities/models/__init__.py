"""Documents of the opportunities service, and the events that are made from them."""

from services.opportunities.models.knowledge import Activity, Commitment, Proposal
from services.opportunities.models.opportunity import Competitor, Opportunity, StageStay, opportunity_id_of
from services.opportunities.models.pipeline import DEFAULT_PIPELINE, Pipeline, Stage
from services.opportunities.models.rep import Rep

__all__ = [
    "DEFAULT_PIPELINE",
    "Activity",
    "Commitment",
    "Competitor",
    "Opportunity",
    "Pipeline",
    "Proposal",
    "Rep",
    "Stage",
    "StageStay",
    "opportunity_id_of",
]

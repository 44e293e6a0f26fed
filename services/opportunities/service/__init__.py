"""What the opportunities service does: one function per business verb."""

from services.opportunities.service.activities import log_activity
from services.opportunities.service.commitments import keep_commitment, make_commitment, miss_commitments
from services.opportunities.service.forecasts import make_forecast
from services.opportunities.service.leads import attach_accounts, follow_owners, take_back, withdraw_leads
from services.opportunities.service.mergers import follow_mergers
from services.opportunities.service.openings import open_from_leads, take_apart
from services.opportunities.service.people import erase_people, learn_reps
from services.opportunities.service.pipelines import change_pipeline, draw_pipeline, seed_defaults
from services.opportunities.service.proposals import decide_proposal, send_proposal
from services.opportunities.service.selling import amend, close_deal, form_team, move_stage, open_by_hand, reopen_deal, report_stalled

__all__ = [
    "amend",
    "attach_accounts",
    "change_pipeline",
    "close_deal",
    "decide_proposal",
    "draw_pipeline",
    "erase_people",
    "follow_mergers",
    "follow_owners",
    "form_team",
    "keep_commitment",
    "learn_reps",
    "log_activity",
    "make_commitment",
    "make_forecast",
    "miss_commitments",
    "move_stage",
    "open_by_hand",
    "open_from_leads",
    "reopen_deal",
    "report_stalled",
    "seed_defaults",
    "send_proposal",
    "take_apart",
    "take_back",
    "withdraw_leads",
]

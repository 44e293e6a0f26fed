"""What the leads service does: one function per business verb."""

from services.leads.service.capture import capture_leads
from services.leads.service.deadlines import RESPONSE_DUE, note_overdue
from services.leads.service.distribution import POOL_WAITING, deal_out, deal_waiting
from services.leads.service.engagements import record_engagements, submit_engagement
from services.leads.service.imports import File, keep_chunk, open_import, read_file_heading, read_imports
from services.leads.service.merging import merge_leads
from services.leads.service.policies import activate_policy, current_policy, draft_criteria, draft_routing
from services.leads.service.roster import add_rep, add_source, add_team, change_rep, change_source, change_team
from services.leads.service.seeds import seed_defaults
from services.leads.service.selling import close_leads, convert_leads
from services.leads.service.submitting import Knock, submit_leads
from services.leads.service.working import Asked, assign_lead, claim_lead, contact_lead, disqualify_lead, qualify_lead

__all__ = [
    "POOL_WAITING",
    "RESPONSE_DUE",
    "Asked",
    "File",
    "Knock",
    "activate_policy",
    "add_rep",
    "add_source",
    "add_team",
    "assign_lead",
    "capture_leads",
    "change_rep",
    "change_source",
    "change_team",
    "claim_lead",
    "close_leads",
    "contact_lead",
    "convert_leads",
    "current_policy",
    "deal_out",
    "deal_waiting",
    "disqualify_lead",
    "draft_criteria",
    "draft_routing",
    "keep_chunk",
    "merge_leads",
    "note_overdue",
    "open_import",
    "qualify_lead",
    "read_file_heading",
    "read_imports",
    "record_engagements",
    "seed_defaults",
    "submit_engagement",
    "submit_leads",
]

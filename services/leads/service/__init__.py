"""What the leads service does: one function per business verb."""

from services.leads.service.capture import capture_leads
from services.leads.service.counters import add_up_counters
from services.leads.service.customers import keep_customers
from services.leads.service.deadlines import REMINDER_DUE, RESPONSE_DUE, note_overdue, remind_owners
from services.leads.service.distribution import deal_out, deal_waiting
from services.leads.service.engagements import record_engagements, submit_engagement
from services.leads.service.handovers import hand_over, open_handover
from services.leads.service.imports import Correction, ImportAsked, correct_import, open_import, start_import, undo_import
from services.leads.service.keeping import File, keep_file
from services.leads.service.merging import merge_leads
from services.leads.service.policies import activate_policy, current_policy, draft_criteria, draft_routing
from services.leads.service.pools import POOL_RECOUNT, POOL_WAITING, recount
from services.leads.service.reading import read_imports
from services.leads.service.receiving import Payload, Receipt, read_payload, receive_payloads
from services.leads.service.replaying import replay_submission
from services.leads.service.returning import unconvert_lead
from services.leads.service.roster import add_rep, add_team, add_territory, change_rep, change_team, change_territory
from services.leads.service.seeds import seed_defaults
from services.leads.service.selling import close_leads, convert_leads
from services.leads.service.simulating import simulate_routing
from services.leads.service.sources import add_source, change_source, rotate_key, usage_of
from services.leads.service.submitting import Knock, submit_leads
from services.leads.service.touches import Credit, credit_sources, touches_of
from services.leads.service.webhooks import expect_readable, get_webhook, set_mapping, set_proof, try_mapping
from services.leads.service.working import Asked, assign_lead, claim_lead, contact_lead, disqualify_lead, qualify_lead

__all__ = [
    "Asked",
    "Correction",
    "Credit",
    "File",
    "ImportAsked",
    "Knock",
    "POOL_RECOUNT",
    "POOL_WAITING",
    "Payload",
    "REMINDER_DUE",
    "RESPONSE_DUE",
    "Receipt",
    "activate_policy",
    "add_rep",
    "add_source",
    "add_team",
    "add_territory",
    "add_up_counters",
    "assign_lead",
    "capture_leads",
    "change_rep",
    "change_source",
    "change_team",
    "change_territory",
    "claim_lead",
    "close_leads",
    "contact_lead",
    "convert_leads",
    "correct_import",
    "credit_sources",
    "current_policy",
    "deal_out",
    "deal_waiting",
    "disqualify_lead",
    "draft_criteria",
    "draft_routing",
    "expect_readable",
    "get_webhook",
    "hand_over",
    "keep_customers",
    "keep_file",
    "merge_leads",
    "note_overdue",
    "open_handover",
    "open_import",
    "qualify_lead",
    "read_imports",
    "read_payload",
    "receive_payloads",
    "record_engagements",
    "recount",
    "remind_owners",
    "replay_submission",
    "rotate_key",
    "seed_defaults",
    "set_mapping",
    "set_proof",
    "simulate_routing",
    "start_import",
    "submit_engagement",
    "submit_leads",
    "touches_of",
    "try_mapping",
    "unconvert_lead",
    "undo_import",
    "usage_of",
]

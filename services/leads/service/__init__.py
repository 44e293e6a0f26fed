"""What the leads service does: one function per business verb."""

from services.leads.service.capture.asides import Aside, discard_submission, keep_aside, release_submission
from services.leads.service.capture.capture import capture_leads
from services.leads.service.capture.consents import close_opt_ins, give_consent
from services.leads.service.capture.described import place_leads
from services.leads.service.capture.knocking import Welcome, count_knock
from services.leads.service.capture.opt_in import CONSENT, OPT_IN_OVER, is_over
from services.leads.service.capture.replaying import replay_submission
from services.leads.service.capture.submitting import Knock, submit_leads
from services.leads.service.counters import add_up_counters, count_deals_due
from services.leads.service.distribution.deadlines import REMINDER_DUE, RESPONSE_DUE, note_overdue, remind_owners
from services.leads.service.distribution.dealing import deal_out, deal_waiting
from services.leads.service.distribution.handovers import hand_over, open_handover
from services.leads.service.distribution.pools import POOL_RECOUNT, POOL_WAITING, recount
from services.leads.service.distribution.roster import add_rep, add_team, add_territory, change_rep, change_team, change_territory
from services.leads.service.distribution.simulating import simulate_routing
from services.leads.service.duplicates.customers import keep_customers
from services.leads.service.duplicates.matching import compare_leads, find_alike
from services.leads.service.duplicates.merging import merge_leads
from services.leads.service.duplicates.moving import ENGAGEMENTS_MOVING, move_engagements
from services.leads.service.duplicates.reviewing import merge_duplicate, separate_duplicate
from services.leads.service.duplicates.unmerging import take_apart, unmerge_leads
from services.leads.service.enrichment.asking import Asking
from services.leads.service.enrichment.companies import CompanyUpload, load_companies, use_companies
from services.leads.service.enrichment.enriching import ENRICHMENT_DUE, enrich_lead, judge_waiting
from services.leads.service.enrichment.providers import add_provider, change_provider, current_usage, with_secrets
from services.leads.service.enrichment.trying import Trial, try_provider
from services.leads.service.imports.opening import Correction, ImportAsked, correct_import, open_import, start_import, undo_import
from services.leads.service.imports.reading import read_imports
from services.leads.service.imports.uploading import File, keep_file
from services.leads.service.judging.engagements import STRANGERS_DUE, record_engagements, submit_engagement, welcome_strangers
from services.leads.service.judging.learning import ask_to_learn, choose_model, learn, learn_sometimes
from services.leads.service.judging.rejudging import rejudge_leads
from services.leads.service.judging.simulating import simulate_criteria
from services.leads.service.judging.standing import TURN_DUE, judge_in_time
from services.leads.service.policies import (
    activate_criteria,
    activate_policy,
    current_matching,
    current_policy,
    draft_criteria,
    draft_matching,
    draft_routing,
    roll_back_policy,
)
from services.leads.service.privacy.erasing import erase_person, expect_reach, find_all_of, find_person
from services.leads.service.privacy.keeping import drop_old_rows
from services.leads.service.privacy.masking import activate_masking, draft_masking
from services.leads.service.privacy.sight import hidden_of, scope_of, scopes_of
from services.leads.service.sales.returning import unconvert_lead
from services.leads.service.sales.selling import close_leads, convert_leads
from services.leads.service.sales.touches import Credit, credit_sources, touches_of
from services.leads.service.sales.working import Asked, assign_lead, claim_lead, contact_lead, disqualify_lead, qualify_lead
from services.leads.service.seeds import seed_defaults
from services.leads.service.sources.forms import remove_form, remove_opt_in, set_form, set_opt_in
from services.leads.service.sources.mails import accept_mails
from services.leads.service.sources.polling import Polling
from services.leads.service.sources.polls import PollTrial, get_poll, remove_poll, set_poll, try_poll
from services.leads.service.sources.receiving import Payload, Receipt, read_payload, receive_payloads
from services.leads.service.sources.registry import add_source, change_source, rotate_key, usage_of
from services.leads.service.sources.webhooks import expect_readable, get_webhook, set_mapping, set_proof, try_mapping

__all__ = [
    "CONSENT",
    "ENGAGEMENTS_MOVING",
    "ENRICHMENT_DUE",
    "OPT_IN_OVER",
    "POOL_RECOUNT",
    "POOL_WAITING",
    "REMINDER_DUE",
    "RESPONSE_DUE",
    "STRANGERS_DUE",
    "TURN_DUE",
    "Aside",
    "Asked",
    "Asking",
    "CompanyUpload",
    "Correction",
    "Credit",
    "File",
    "ImportAsked",
    "Knock",
    "Payload",
    "PollTrial",
    "Polling",
    "Receipt",
    "Trial",
    "Welcome",
    "accept_mails",
    "activate_criteria",
    "activate_masking",
    "activate_policy",
    "add_provider",
    "add_rep",
    "add_source",
    "add_team",
    "add_territory",
    "add_up_counters",
    "ask_to_learn",
    "assign_lead",
    "capture_leads",
    "change_provider",
    "change_rep",
    "change_source",
    "change_team",
    "change_territory",
    "choose_model",
    "claim_lead",
    "close_leads",
    "close_opt_ins",
    "compare_leads",
    "contact_lead",
    "convert_leads",
    "correct_import",
    "count_deals_due",
    "count_knock",
    "credit_sources",
    "current_matching",
    "current_policy",
    "current_usage",
    "deal_out",
    "deal_waiting",
    "discard_submission",
    "disqualify_lead",
    "draft_criteria",
    "draft_masking",
    "draft_matching",
    "draft_routing",
    "drop_old_rows",
    "enrich_lead",
    "erase_person",
    "expect_reach",
    "expect_readable",
    "find_alike",
    "find_all_of",
    "find_person",
    "get_poll",
    "get_webhook",
    "give_consent",
    "hand_over",
    "hidden_of",
    "is_over",
    "judge_in_time",
    "judge_waiting",
    "keep_aside",
    "keep_customers",
    "keep_file",
    "learn",
    "learn_sometimes",
    "load_companies",
    "merge_duplicate",
    "merge_leads",
    "move_engagements",
    "note_overdue",
    "open_handover",
    "open_import",
    "place_leads",
    "qualify_lead",
    "read_imports",
    "read_payload",
    "receive_payloads",
    "record_engagements",
    "recount",
    "rejudge_leads",
    "release_submission",
    "remind_owners",
    "remove_form",
    "remove_opt_in",
    "remove_poll",
    "replay_submission",
    "roll_back_policy",
    "rotate_key",
    "scope_of",
    "scopes_of",
    "seed_defaults",
    "separate_duplicate",
    "set_form",
    "set_mapping",
    "set_opt_in",
    "set_poll",
    "set_proof",
    "simulate_criteria",
    "simulate_routing",
    "start_import",
    "submit_engagement",
    "submit_leads",
    "take_apart",
    "touches_of",
    "try_mapping",
    "try_poll",
    "try_provider",
    "unconvert_lead",
    "undo_import",
    "unmerge_leads",
    "usage_of",
    "use_companies",
    "welcome_strangers",
    "with_secrets",
]

"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import (
    consent_history,
    consents,
    duplicates,
    enrichments,
    erasures,
    form_settings,
    forms,
    handovers,
    imports,
    leads,
    mappings,
    models,
    policies,
    polls,
    providers,
    reports,
    roster,
    sources,
    submissions,
    territories,
    webhooks,
)

router = APIRouter()
LEADS = (leads, duplicates, submissions, imports, reports)
SETTINGS = (roster, territories, handovers, sources, mappings, webhooks, polls, policies, models, providers, enrichments)
STRANGERS = (forms, form_settings, consents)
PRIVACY = (erasures, consent_history)
for noun in (*LEADS, *SETTINGS, *STRANGERS, *PRIVACY):
    router.include_router(noun.router)
router.include_router(consents.pages)

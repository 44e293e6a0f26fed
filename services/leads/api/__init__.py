"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import (
    consents,
    enrichments,
    form_settings,
    forms,
    handovers,
    imports,
    leads,
    mappings,
    models,
    policies,
    providers,
    roster,
    sources,
    submissions,
    territories,
    webhooks,
)

router = APIRouter()
NOUNS = (leads, submissions, imports, roster, territories, handovers, sources, mappings, webhooks, policies, models, providers, enrichments)
STRANGERS = (forms, form_settings, consents)
for noun in (*NOUNS, *STRANGERS):
    router.include_router(noun.router)
router.include_router(consents.pages)

"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import (
    consents,
    form_settings,
    forms,
    handovers,
    imports,
    leads,
    mappings,
    policies,
    roster,
    sources,
    submissions,
    territories,
    webhooks,
)

router = APIRouter()
NOUNS = (leads, submissions, imports, roster, territories, handovers, sources, mappings, webhooks, policies, forms, form_settings, consents)
for noun in NOUNS:
    router.include_router(noun.router)
router.include_router(consents.pages)

"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import (
    consents,
    form_settings,
    forms,
    imports,
    leads,
    mappings,
    policies,
    roster,
    sources,
    submissions,
    webhooks,
)

router = APIRouter()
for noun in (leads, submissions, imports, roster, sources, mappings, webhooks, policies, forms, form_settings, consents):
    router.include_router(noun.router)
router.include_router(consents.pages)

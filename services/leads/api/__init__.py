"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import (
    enrichments,
    handovers,
    imports,
    leads,
    mappings,
    policies,
    providers,
    roster,
    sources,
    submissions,
    territories,
    webhooks,
)

router = APIRouter()
for noun in (leads, submissions, imports, roster, territories, handovers, sources, mappings, webhooks, policies, providers, enrichments):
    router.include_router(noun.router)

"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import (
    consent_history,
    enrichments,
    erasures,
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
for noun in (
    leads,
    submissions,
    imports,
    roster,
    territories,
    handovers,
    sources,
    mappings,
    webhooks,
    policies,
    models,
    providers,
    enrichments,
    erasures,
    consent_history,
):
    router.include_router(noun.router)

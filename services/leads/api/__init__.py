"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import (
    duplicates,
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
for noun in (leads, duplicates, submissions, imports, roster, territories, handovers, sources, mappings, webhooks, policies):
    router.include_router(noun.router)

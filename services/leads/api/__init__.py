"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import (
    handovers,
    imports,
    leads,
    mappings,
    policies,
    reports,
    roster,
    sources,
    submissions,
    territories,
    webhooks,
)

router = APIRouter()
for noun in (leads, submissions, imports, roster, territories, handovers, sources, mappings, webhooks, policies, reports):
    router.include_router(noun.router)

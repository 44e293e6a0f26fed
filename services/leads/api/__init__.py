"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import imports, leads, mappings, policies, reports, roster, sources, submissions, webhooks

router = APIRouter()
for noun in (leads, submissions, imports, roster, sources, mappings, webhooks, policies, reports):
    router.include_router(noun.router)

"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import imports, leads, mappings, policies, providers, roster, sources, submissions, webhooks

router = APIRouter()
for noun in (leads, submissions, imports, roster, sources, mappings, webhooks, policies, providers):
    router.include_router(noun.router)

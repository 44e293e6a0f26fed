"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import duplicates, imports, leads, mappings, policies, roster, sources, submissions, webhooks

router = APIRouter()
for noun in (leads, duplicates, submissions, imports, roster, sources, mappings, webhooks, policies):
    router.include_router(noun.router)

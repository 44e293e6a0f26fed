"""The doors of this service."""

from fastapi import APIRouter

from services.leads.api import imports, leads, policies, roster, submissions

router = APIRouter()
for noun in (leads, submissions, imports, roster, policies):
    router.include_router(noun.router)

"""The doors of this service."""

from fastapi import APIRouter

from services.accounts.api import accounts, cases, orders, surveys

router = APIRouter()
for noun in (accounts, orders, cases, surveys):
    router.include_router(noun.router)

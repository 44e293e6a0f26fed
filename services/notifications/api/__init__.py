"""The doors of this service."""

from fastapi import APIRouter

from services.notifications.api import notifications, recipients, rules, templates

router = APIRouter()
for part in (notifications, recipients, rules, templates):
    router.include_router(part.router)

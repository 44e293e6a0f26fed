"""The doors of this service."""

from fastapi import APIRouter

from services.notifications.api import notifications, recipients, rulebook, templates

router = APIRouter()
for part in (notifications, recipients, rulebook, templates):
    router.include_router(part.router)

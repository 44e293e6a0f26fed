"""The doors of the opportunities service."""

from fastapi import APIRouter

from services.opportunities.api import forecasts, knowledge, opportunities, pipelines

router = APIRouter()
for part in (opportunities, knowledge, pipelines, forecasts):
    router.include_router(part.router)

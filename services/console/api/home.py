"""The first page: the day at a glance, and whether the services are well."""

import asyncio

from fastapi import APIRouter, Response

from services.console import service
from services.console.api.gateway import Gateway
from services.console.api.visits import Guest
from shared.database import utcnow
from shared.errors import Unreachable

router = APIRouter(include_in_schema=False)


@router.get("/")
async def show_overview(visit: Guest) -> Response:
    overview = await service.look_over(visit.library, utcnow())
    return visit.show("overview.html", watch=["leads", "opportunities"], overview=overview)


@router.get("/services")
async def show_services(visit: Guest) -> Response:
    """By itself, for it waits for those that don't answer."""
    gateway = visit.front.gateway
    states = await asyncio.gather(*(_state_of(gateway, name) for name in gateway.addresses))
    return visit.show("services.html", services=dict(zip(gateway.addresses, states, strict=True)))


async def _state_of(gateway: Gateway, name: str) -> str:
    try:
        answer = await gateway.ask(name, "GET", "/health/ready", headers={}, timeout=2)
    except Unreachable:
        return "away"
    return "ready" if answer.status_code == 200 else "not ready"

"""The console's doors: pages, the gateway behind them, and a few in JSON."""

from fastapi import APIRouter

from services.console.api import (
    assets,
    customers,
    gateway,
    home,
    leads,
    live,
    mailbox,
    notices,
    parked,
    pipeline,
    rebuild,
    signin,
)

router = APIRouter()
# The gateway comes last: what the console answers itself under /api/console stands before what it passes on.
for part in (home, leads, pipeline, customers, parked, mailbox, notices, live, rebuild, signin, assets, gateway):
    router.include_router(part.router)

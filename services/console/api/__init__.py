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

# The gateway comes last: what the console answers itself under /api/console stands before what it passes on.
PARTS = (home, leads, pipeline, customers, parked, mailbox, notices, live, rebuild, signin, assets, gateway)
# One flat list of doors: the guard looks there for those that are open to all.
router = APIRouter(routes=[route for part in PARTS for route in part.router.routes])

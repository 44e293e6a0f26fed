"""Runs a service that forgets what it has heard: the negative control, in which the checker must find faults.

Usage: python -m tests.soak.forgetful PORT SERVICE ROLE…
"""

import sys

import shared.hearing
import shared.inbox
from shared.delivery import Delivery
from shared.transaction import Transaction
from tests.soak.cast import service_of


async def forgotten(tx: Transaction, deliveries: list[Delivery]) -> list[Delivery]:
    """All of them, as if for the first time."""
    return deliveries


if __name__ == "__main__":
    shared.inbox.unheard = shared.hearing.unheard = forgotten
    _, port, name, *roles = sys.argv
    service_of(name).run(roles, port=int(port))

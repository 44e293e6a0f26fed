"""What the console hears: everything that the other services say."""

from collections.abc import Sequence

from services.console import service
from services.console.rules import MEANINGS
from shared.events import Event, PersonErased
from shared.subscriptions import Subscriptions
from shared.transaction import Transaction

subscriptions = Subscriptions()


@subscriptions.on(*MEANINGS)
async def on_anything_said(tx: Transaction, events: Sequence[Event]) -> None:
    """One door for all of them, so that a batch of whatever mixture costs one transaction."""
    await service.take_in(tx, events)


@subscriptions.on(PersonErased)
async def on_person_erased(tx: Transaction, erasures: Sequence[PersonErased]) -> None:
    await service.erase_people(tx, erasures)

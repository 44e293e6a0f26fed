"""What this service hears."""

from services.notifications import service
from services.notifications.models import NEWS
from shared.events import ConsentRequested, Event, PersonErased, RepChanged
from shared.subscriptions import Subscriptions
from shared.timers import Timer, Timers
from shared.transaction import Transaction

subscriptions = Subscriptions()
timers = Timers()


@subscriptions.on(RepChanged)
async def on_rep_changed(tx: Transaction, reps: list[RepChanged]) -> None:
    await service.follow_roster(tx, reps)


@subscriptions.on(PersonErased)
async def on_person_erased(tx: Transaction, erasures: list[PersonErased]) -> None:
    await service.forget_person(tx, erasures)


@subscriptions.on(ConsentRequested)
async def on_consent_requested(tx: Transaction, requests: list[ConsentRequested]) -> None:
    await service.ask_for_consent(tx, requests)


@subscriptions.on(*NEWS)
async def on_news(tx: Transaction, events: list[Event]) -> None:
    """One handler for all that a rule can be about: what introduces a lead and what is told of it arrive in one transaction."""
    await service.hear_news(tx, events)


@timers.on(service.INTRODUCTION)
async def on_introduction_awaited(tx: Transaction, due: list[Timer]) -> None:
    await service.tell_unintroduced(tx, due)

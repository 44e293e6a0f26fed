"""From rules and an event to what each person is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.notifications.models import Channel, Delivery, Notification, Origin, Recipient, Rule, Template, notification_id_of
from services.notifications.rules.addressing import Directory, Situation, addressed
from services.notifications.rules.conditions import facts_of, holds
from services.notifications.rules.rendering import render
from shared.errors import Invalid

# A mail waits this long for others of its kind to the same person.
GATHERING = timedelta(seconds=2)
_ABOUT_PEOPLE = ("person", "contact", "contacts", "interest")


@dataclass(frozen=True, slots=True)
class Telling:
    """One person is to be told of one event by one channel."""

    id: str
    situation: Situation
    rule: Rule
    recipient: Recipient
    channel: Channel


def tellings(rules: Iterable[Rule], situation: Situation, directory: Directory, now: datetime) -> tuple[list[Telling], list[Delivery]]:
    """Who is told, each once by each channel that they want, whatever the number of rules; and the rules that reach nobody."""
    told: dict[str, Telling] = {}
    lost: list[Delivery] = []
    for rule in _matching(rules, situation, lost, now):
        person_ids = addressed(rule, situation, directory)
        if not person_ids:
            lost.append(_lost(rule, situation, now, state="no_recipient", error="Nobody is meant by this rule, and nobody manages"))
        for telling in _each(rule, situation, [directory.person(one, now) for one in person_ids]):
            told.setdefault(telling.id, telling)
    return list(told.values()), lost


def _matching(rules: Iterable[Rule], situation: Situation, lost: list[Delivery], now: datetime) -> Iterable[Rule]:
    facts = facts_of(situation.event)
    for rule in rules:
        try:
            if holds(rule.condition, facts):
                yield rule
        except Invalid as failure:
            lost.append(_lost(rule, situation, now, state="failed", error=failure.detail))


def _each(rule: Rule, situation: Situation, people: Iterable[Recipient]) -> Iterable[Telling]:
    identity = situation.event.envelope.identity
    wanted = ((person, channel) for person in people for channel in rule.channels if person.wants(channel))
    return (Telling(notification_id_of(identity, person.id, channel), situation, rule, person, channel) for person, channel in wanted)


def _lost(rule: Rule, situation: Situation, now: datetime, **what: Any) -> Delivery:
    delivery_id = notification_id_of(situation.event.envelope.identity, "rule", rule.id)
    return Delivery(
        id=delivery_id, created_at=now, updated_at=now, **_told_of(rule, situation), event_id=situation.event.envelope.id, **what
    )


def _told_of(rule: Rule, situation: Situation) -> dict[str, Any]:
    return {"kind": situation.event.topic, "about": situation.about.id, "rule_id": rule.id}


def drafted(telling: Telling, now: datetime) -> Notification:
    """Without words yet: its title is the topic."""
    return Notification(
        id=telling.id,
        created_at=now,
        updated_at=now,
        recipient_id=telling.recipient.id,
        channel=telling.channel,
        title=telling.situation.event.topic,
        text="",
        origin=Origin.of(telling.situation.event.envelope),
        status="sent" if telling.channel == "in_app" else "pending",
        **_told_of(telling.rule, telling.situation),
    )


def worded(draft: Notification, template: Template | None, facts: Mapping[str, Any]) -> Notification:
    """Raises Invalid when the template is missing, or can't say it."""
    if template is None:
        raise Invalid("The rule's template is gone", field="template_id", rule="exists")
    words = render(template, facts)
    return draft.model_copy(update={"title": words.title, "text": words.text, "html": words.html})


def words_about(telling: Telling, directory: Directory, now: datetime) -> dict[str, Any]:
    """What a template may speak of."""
    situation, recipient = telling.situation, telling.recipient
    event = situation.event.model_dump()
    if situation.about.erased:
        event |= {name: {} for name in _ABOUT_PEOPLE if name in event}
    return {
        "event": event,
        "about": situation.about.called,
        "owner": directory.person(situation.owner_id, now).name if situation.owner_id else "nobody",
        "recipient": {"id": recipient.id, "name": recipient.name},
        "zone": recipient.preferences.zone,
        "now": now,
    }


def delivery_of(notification: Notification, now: datetime) -> Delivery:
    """How a mail sets out."""
    return _delivery(notification, now, state="pending", due=now + GATHERING)


def mailed_now(notification: Notification, now: datetime) -> Delivery:
    """One that somebody is waiting for."""
    return _delivery(notification, now, state="pending", due=now)


def undeliverable(notification: Notification, error: str, now: datetime) -> Delivery:
    return _delivery(notification, now, state="failed", error=error)


def _delivery(notification: Notification, now: datetime, **what: Any) -> Delivery:
    same = notification.model_dump(include={"id", "kind", "about", "rule_id", "recipient_id", "channel"})
    return Delivery(created_at=now, updated_at=now, **same, event_id=notification.origin.id, **what)

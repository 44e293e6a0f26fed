"""Hearing what happened, and telling the people whom the rules name."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

from services.notifications import store
from services.notifications.models import Delivery, Notification, Rule, Template
from services.notifications.rules import (
    Directory,
    Situation,
    Telling,
    delivery_of,
    drafted,
    is_news,
    key_of,
    situation_of,
    tellings,
    undeliverable,
    worded,
    words_about,
)
from services.notifications.service.subjects import Subjects, learn
from shared.errors import Invalid
from shared.events import Event
from shared.telemetry import get_logger
from shared.timers import Timer
from shared.transaction import Transaction

RulesByTopic = Mapping[str, Sequence[Rule]]

log = get_logger(__name__)
INTRODUCTION = "subject.introduction_awaited"
# Topics have no order between each other: what is told of may not have been introduced by its own topic yet.
PATIENCE = timedelta(seconds=30)


async def hear_news(tx: Transaction, events: Sequence[Event]) -> None:
    """Learns from all of it, and tells what is news; an event about something without a name yet waits a little for it."""
    subjects, introduced = await learn(tx, events)
    waited = await _release(tx, introduced)
    rules = await _rules_by_topic(tx)
    news = [event for event in events if event.topic in rules and is_news(event, tx.now)]
    for event in news:
        if not subjects[key_of(event)].known:
            _wait_for_introduction(tx, event)
    known = [event for event in news if subjects[key_of(event)].known]
    await _tell(tx, [*waited, *known], subjects, rules)


def _wait_for_introduction(tx: Transaction, event: Event) -> None:
    tx.hold(event, until=key_of(event))
    tx.schedule(tx.now + PATIENCE, INTRODUCTION, {}, key=key_of(event), unless_set=True)


async def _release(tx: Transaction, introduced: Sequence[str]) -> list[Event]:
    waited = await tx.release(*introduced) if introduced else []
    for key in {key_of(event) for event in waited}:
        tx.cancel(INTRODUCTION, key=key)
    return waited


async def tell_unintroduced(tx: Transaction, due: Sequence[Timer]) -> None:
    """They have waited long enough: better told without a name than too late."""
    events = await tx.release(*(timer.key for timer in due))
    subjects, _ = await learn(tx, events)
    await _tell(tx, events, subjects, await _rules_by_topic(tx))


async def _rules_by_topic(tx: Transaction) -> RulesByTopic:
    by_topic: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in await store.find_enabled_rules(tx):
        by_topic[rule.on].append(rule)
    return by_topic


async def _tell(tx: Transaction, events: Sequence[Event], subjects: Subjects, rules: RulesByTopic) -> None:
    situations = [_situation(event, subjects) for event in events if event.topic in rules]
    if not situations:
        return
    directory = await _directory(tx, situations, [rule for topic in {event.topic for event in events} for rule in rules.get(topic, ())])
    told: list[Telling] = []
    lost: list[Delivery] = []
    for situation in situations:
        reached, unreached = tellings(rules[situation.event.topic], situation, directory, tx.now)
        told.extend(reached)
        lost.extend(unreached)
    await _write(tx, told, lost, directory)


def _situation(event: Event, subjects: Subjects) -> Situation:
    subject = subjects[key_of(event)]
    return situation_of(event, subject, subjects.get(subject.parent or ""))


async def _directory(tx: Transaction, situations: Sequence[Situation], rules: Sequence[Rule]) -> Directory:
    """Everybody whom these rules may mean: those who are named, their teams and their managers."""
    words = {word for rule in rules for word in rule.recipients}
    named = {word.removeprefix("person:") for word in words if word.startswith("person:")}
    roles = {word.removeprefix("role:") for word in words if word.startswith("role:")} | {"manager"}
    teams = {one.team_id for one in situations if one.team_id} if "team" in words else set()
    people = await store.find_people(tx, named.union(*(one.people for one in situations)), teams, roles)
    managing = await store.find_managing(tx)
    teams = {one.team_id for one in people if one.team_id} - teams if "team" in words else set()
    managers = {one.manager_id for one in people if one.manager_id} | managing
    people += await store.find_people(tx, managers - {one.id for one in people}, teams, ())
    return Directory({one.id: one for one in people}, frozenset(managing))


async def _write(tx: Transaction, told: Sequence[Telling], lost: Sequence[Delivery], directory: Directory) -> None:
    before = await store.find_told(tx, [*(one.id for one in told), *(one.id for one in lost)])
    fresh = [one for one in told if one.id not in before]
    templates = await store.find(tx, Template, {one.rule.template_id for one in fresh})
    written = [_written(tx, one, templates.get(one.rule.template_id), directory) for one in fresh]
    unreached = [one for one in lost if one.id not in before]
    for delivery in unreached:
        log.warning("a rule reached nobody", rule=delivery.rule_id, about=delivery.about, error=delivery.error)
    await store.add(tx, [one for one in written if isinstance(one, Notification)])
    await store.add(tx, [*unreached, *(_delivery(one, tx) for one in written if isinstance(one, Delivery) or one.channel == "mail")])


def _written(tx: Transaction, telling: Telling, template: Template | None, directory: Directory) -> Notification | Delivery:
    """The notification, or what became of it when its template can't say it; the others go on."""
    event, draft = telling.situation.event, drafted(telling, tx.now)
    try:
        notification = worded(draft, template, words_about(telling, directory, tx.now))
    except Invalid as mistake:
        tx.emit(draft.failed_event(tx.now, mistake.detail, attempts=0), cause=event)
        return undeliverable(draft, mistake.detail, tx.now)
    if notification.channel == "in_app":
        tx.emit(notification.sent_event(tx.now), cause=event)
    return notification


def _delivery(written: Notification | Delivery, tx: Transaction) -> Delivery:
    return written if isinstance(written, Delivery) else delivery_of(written, tx.now)

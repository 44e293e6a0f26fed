"""Keeping what events are about: its name, its owner, and nothing of a person who was erased."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from services.notifications import store
from services.notifications.models import Subject, subject_key
from services.notifications.rules import follows, forgotten, key_of, learned
from shared.events import Event, PersonErased
from shared.forgetting import wipe_parked
from shared.transaction import Transaction

Subjects = Mapping[str, Subject]


async def learn(tx: Transaction, events: Sequence[Event]) -> tuple[Subjects, list[str]]:
    """What the events are about, by key, with all that they tell, and what it follows; and the keys that have a name only now."""
    before = await store.find(tx, Subject, (key_of(event) for event in events))
    now_known = dict(before)
    for event in events:
        key = key_of(event)
        now_known[key] = learned(now_known.get(key), event, tx.now)
    followed = await store.find(tx, Subject, {key for one in now_known.values() for key in follows(one)} - now_known.keys())
    subjects = {key: _without_the_erased(one, followed | now_known, tx) for key, one in now_known.items()}
    changed = [one for key, one in subjects.items() if one is not before.get(key)]
    await store.save(tx, changed)
    return followed | subjects, [one.id for one in changed if one.known and not (one.id in before and before[one.id].known)]


def _without_the_erased(subject: Subject, known: Subjects, tx: Transaction) -> Subject:
    """What is told after the erasure, by a topic that lags behind, must not bring the person back."""
    if subject.erased or not any(known[key].erased for key in follows(subject) if key in known):
        return subject
    return forgotten(subject, subject.email_hashes, tx.now)


async def forget_person(tx: Transaction, erasures: Iterable[PersonErased]) -> None:
    """Forgets the people's names, and all that was told about what is theirs."""
    hashes = {one for erasure in erasures for one in erasure.email_hashes}
    lead_ids = {one for erasure in erasures for one in erasure.lead_ids}
    known = {subject.id: subject for subject in await store.find_subjects_of(tx, sorted(lead_ids), sorted(hashes))}
    leads = await store.find(tx, Subject, (subject_key("lead", lead_id) for lead_id in lead_ids))
    people = [_unheard_of("person", email_hash, tx) for email_hash in hashes]
    unheard_of = [*people, *(_unheard_of("lead", lead_id, tx) for lead_id in lead_ids)]
    subjects = {subject.id: subject for subject in unheard_of} | known | leads
    await store.save(tx, [forgotten(subject, hashes, tx.now) for subject in subjects.values()])
    await store.forget_notifications(tx, sorted(subjects))
    await wipe_parked(tx, email_hashes=hashes, ids=lead_ids)


def _unheard_of(noun: Literal["lead", "person"], named: str, tx: Transaction) -> Subject:
    lead_id = named if noun == "lead" else None
    return Subject(id=subject_key(noun, named), version=0, created_at=tx.now, updated_at=tx.now, lead_id=lead_id)

"""Whom there is to tell, and what they want."""

from collections.abc import Sequence
from typing import Any

from services.notifications import store
from services.notifications.models import Recipient
from services.notifications.rules import check_zone
from services.notifications.service.changes import Edit, changed
from shared.change import Change
from shared.errors import NotAllowedNow
from shared.events import RepChanged
from shared.transaction import Transaction

_OF_THE_ROSTER = frozenset({"name", "email", "team_id", "manager_id", "active"})


async def follow_roster(tx: Transaction, reps: Sequence[RepChanged]) -> None:
    known = await store.find(tx, Recipient, (rep.rep_id for rep in reps))
    people = dict(known)
    for rep in reps:
        person = people.get(rep.rep_id) or Recipient(id=rep.rep_id, version=0, created_at=tx.now, updated_at=tx.now, name=rep.name)
        people[rep.rep_id] = person.as_in_roster(rep, tx.now)
    await store.save(tx, [person for person in people.values() if person is not known.get(person.id)])


async def add_recipient(tx: Transaction, recipient: Recipient) -> Recipient:
    """Someone who is not in the roster: an agent, a manager who does not sell."""
    if await store.find(tx, Recipient, [recipient.id]):
        raise NotAllowedNow(f"{recipient.id} is known already", field="id", rule="unique")
    check_zone(recipient.preferences.zone)
    await store.add(tx, [recipient])
    tx.record(Change(of="recipient", id=recipient.id, version=1, what="added", after={"roles": recipient.roles}))
    return recipient


async def change_recipient(tx: Transaction, recipient_id: str, edit: Edit, *, scope: dict[str, Any]) -> Recipient:
    """What the roster tells of a person can only be changed there."""
    recipient = await store.get(tx, Recipient, recipient_id, scope)
    owned = sorted(_OF_THE_ROSTER & edit.fields.keys()) if recipient.roster_version else []
    if owned:
        raise NotAllowedNow(f"The roster tells {', '.join(owned)} of {recipient_id}: change it there", field=owned[0], rule="roster")
    preferences = recipient.preferences.model_dump() | edit.fields.get("preferences", {})
    after = changed(tx, recipient, Edit({**edit.fields, "preferences": preferences}, edit.seen_version))
    check_zone(after.preferences.zone)
    await store.save(tx, [after])
    return after

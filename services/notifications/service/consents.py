"""Asking people who are none of ours, by mail, whether they agree."""

from collections.abc import Sequence

from services.notifications import store
from services.notifications.models import Subject, Template
from services.notifications.rules import consent_mail, mailed_now, person_key, template_ids
from shared.events import ConsentRequested
from shared.transaction import Transaction


async def ask_for_consent(tx: Transaction, requests: Sequence[ConsentRequested]) -> None:
    """One mail for each. Nobody is asked when it is too late to answer, or who has been erased since."""
    people = await store.find(tx, Subject, {person_key(one) for one in requests})
    wanted = [one for one in requests if one.expires_at > tx.now and not _is_erased(people.get(person_key(one)), one)]
    templates = await store.find(tx, Template, {name for one in wanted for name in template_ids(one)})
    mails = [consent_mail(one, templates, tx.now) for one in wanted]
    before = await store.find_told(tx, [mail.id for mail in mails])
    fresh = [mail for mail in mails if mail.id not in before]
    await store.add(tx, fresh)
    await store.add(tx, [mailed_now(mail, tx.now) for mail in fresh])


def _is_erased(person: Subject | None, request: ConsentRequested) -> bool:
    """Who comes back after an erasure is somebody new."""
    return person is not None and person.erased and request.requested_at <= person.updated_at

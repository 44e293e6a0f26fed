"""Which mails go out together, and what an answer of the mail server means for them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.notifications.models import Answer, Delivery, notification_id_of

GIVE_UP_AFTER = timedelta(days=3)
# More than these of one kind for one person at once go as one mail.
MOST_SINGLE_MAILS = 5
_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
_FIRST_REST_SECONDS, LONGEST_REST_SECONDS, _LONGEST_AFTER = 1.0, 10.0, 5


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that carries one or more deliveries to one person; its id becomes its Message-ID."""

    id: str
    deliveries: tuple[Delivery, ...]

    @property
    def recipient_id(self) -> str:
        return str(self.deliveries[0].recipient_id)


def gathered(deliveries: Iterable[Delivery]) -> list[Mail]:
    """The mails for these deliveries, in their order. Those that were in one mail before stay in it."""
    together: defaultdict[tuple[str, ...], list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        place = (delivery.mail_id,) if delivery.mail_id else (str(delivery.recipient_id), delivery.kind)
        together[place].append(delivery)
    return [mail for group in together.values() for mail in _mails_of(group)]


def _mails_of(group: Sequence[Delivery]) -> list[Mail]:
    if group[0].mail_id:
        return [Mail(group[0].mail_id, tuple(group))]
    if len(group) > MOST_SINGLE_MAILS:
        return [Mail(notification_id_of("mail", *sorted(one.id for one in group)), tuple(group))]
    return [Mail(one.id, (one,)) for one in group]


def after(delivery: Delivery, answer: Answer, now: datetime) -> Delivery:
    """The delivery once the server has answered. An outage counts no attempt, and is the server's alone: what waited goes once it is back.

    Three days are the end of any patience.
    """
    attempts = delivery.attempts + (answer.verdict != "away")
    common: dict[str, Any] = {"attempts": attempts, "version": delivery.version + 1, "updated_at": now}
    if answer.verdict == "accepted":
        return delivery.model_copy(update=common | {"state": "sent", "due": None, "sent_at": now, "error": None})
    due = now if answer.verdict == "away" else now + _WAITS[min(attempts, len(_WAITS)) - 1]
    if answer.verdict == "never" or due >= delivery.created_at + GIVE_UP_AFTER:
        return delivery.model_copy(update=common | {"state": "failed", "due": None, "error": answer.detail})
    return delivery.model_copy(update=common | {"state": "pending", "due": due, "error": answer.detail})


def rest_of(times_away: int, chance: float) -> float:
    """Seconds for which a server is left alone that was away so many times in a row: twice as long each time, less up to half by chance.

    Never so long that mail would wait more than seconds once it is back.
    """
    longest = min(LONGEST_REST_SECONDS, _FIRST_REST_SECONDS * 2.0 ** min(times_away - 1, _LONGEST_AFTER))
    return longest * (1 - chance / 2)

"""Who of those that knock is let in: by the terms of their source, and by how many it sent already."""

from collections import Counter
from collections.abc import Iterable

from services.leads import store
from services.leads.rules.capture.terms import Terms, beyond, take_in, windows
from services.leads.rules.judging.policy import Policy
from services.leads.service.policies import current_policy
from shared.errors import Refused
from shared.events import LeadSubmitted
from shared.transaction import Transaction

AT_THE_DOOR = "http"


class Gate:
    """Stands for one transaction. `close` counts whom it let in."""

    def __init__(self, tx: Transaction, policy: Policy, usage: dict[str, Counter[str]]) -> None:
        self._tx, self._policy, self._usage = tx, policy, usage
        self._minute, self._day = windows(tx.now)
        self._taken: Counter[str] = Counter()

    @classmethod
    async def opened(cls, tx: Transaction, sources: Iterable[str]) -> "Gate":
        policy = await current_policy(tx.database)
        limited = {source for source in sources if _is_limited(policy.terms_of(source))}
        return cls(tx, policy, await store.find_usage(tx, limited, windows(tx.now)) if limited else {})

    def closed(self, source: str) -> Refused | None:
        """Why nothing at all is taken from this source just now."""
        terms = self._policy.terms_of(source)
        return (terms.closed() or self._too_many(terms)) if terms is not None else None

    def switched_off(self, source: str) -> Refused | None:
        terms = self._policy.terms_of(source)
        return terms.closed() if terms is not None else None

    def refusal(self, submission: LeadSubmitted) -> Refused | None:
        """By the same rules as later, when it is captured."""
        return take_in(self._policy.terms_of(submission.source), submission, promised=True).refusal

    def let_in(self, source: str) -> None:
        if _is_limited(self._policy.terms_of(source)):
            self._taken[source] += 1

    async def close(self) -> None:
        await store.add_usage(self._tx, self._taken, (self._minute, self._day), AT_THE_DOOR)

    def _too_many(self, terms: Terms) -> Refused | None:
        so_far, now = self._usage.get(terms.slug, Counter()), self._taken[terms.slug]
        return beyond(terms.limits, so_far[self._minute] + now, so_far[self._day] + now, self._tx.now)


async def expect_open(tx: Transaction, source: str) -> None:
    """Raises Forbidden while the source is switched off."""
    terms = (await current_policy(tx.database)).terms_of(source)
    if terms is not None and (closed := terms.closed()) is not None:
        raise closed


async def count_taken(tx: Transaction, policy: Policy, sources: Iterable[str]) -> None:
    """What comes by other ways than our own doors is taken whatever the limit, and counted.

    A partition is read by one consumer, so the lowest of a batch names a lane that no other is in.
    """
    taken = Counter(source for source in sources if _is_limited(policy.terms_of(source)))
    if taken:
        lane = min((delivery.partition for delivery in tx.deliveries.values()), default=-1)
        await store.add_usage(tx, taken, windows(tx.now), f"p{lane}")


def _is_limited(terms: Terms | None) -> bool:
    return terms is not None and terms.is_limited

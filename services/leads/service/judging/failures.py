"""Criteria that could not be told of a lead: counted, so that whoever wrote them hears of it."""

from collections.abc import Mapping
from random import randrange
from typing import Any

from services.leads import store
from services.leads.models import CriteriaSet
from shared.metrics import RULES_FAILED
from shared.transaction import Transaction

# So many rows share the count of one criterion: two who count at once seldom meet on one.
WRITERS = 32


class Failures:
    """Gathers those of one transaction."""

    def __init__(self) -> None:
        self._by_version: dict[int, dict[str, dict[str, Any]]] = {}

    def note(self, version: int, broken: Mapping[str, str], lead_id: str) -> None:
        gathered = self._by_version.setdefault(version, {})
        for criterion, reason in broken.items():
            count = gathered[criterion]["count"] if criterion in gathered else 0
            gathered[criterion] = {"count": count + 1, "reason": reason, "lead_id": lead_id}

    async def write(self, tx: Transaction) -> None:
        for version, failures in self._by_version.items():
            await store.count_failures(tx, version, failures, str(randrange(WRITERS)))
            for criterion, failure in failures.items():
                RULES_FAILED.labels(CriteriaSet.noun, str(version), criterion).inc(failure["count"])

"""What one batch of submissions works on: whom they may be about, what becomes of them, and all that is written at the end."""

from collections.abc import Sequence
from typing import Any

from services.leads import store
from services.leads.models import LeadDocument, SubmissionDocument
from services.leads.rules.capture.identity import Intake, is_refuted
from services.leads.rules.capture.merging import PREFERRED
from services.leads.rules.distribution.routing import Route
from services.leads.rules.duplicates.customers import NOBODYS, Customers
from services.leads.rules.judging.policy import Policy
from services.leads.service.capture.described import describe
from services.leads.service.distribution.assigning import Cause
from services.leads.service.distribution.dealing import deal_at_once
from services.leads.service.distribution.routed import Routed
from services.leads.service.duplicates.customers import customers_among
from services.leads.service.enrichment.enriching import Enriching
from services.leads.service.judging.engagements import Strangers
from services.leads.service.judging.failures import Failures
from services.leads.service.policies import current_matching
from shared.events import LeadSubmitted
from shared.transaction import Transaction


class Book:
    """`known` leads from a key to a lead, stored or new in this batch; `leads` are those that the batch is about."""

    def __init__(
        self, tx: Transaction, policy: Policy, known: dict[str, str], leads: dict[str, LeadDocument], strangers: Strangers
    ) -> None:
        self.tx, self.policy, self.strangers, self.failures = tx, policy, strangers, Failures()
        self.survivorship = PREFERRED
        self.customers: Customers = NOBODYS
        self.enriching: Enriching | None = None
        self._known, self._leads = known, leads
        self._new: dict[str, LeadDocument] = {}
        self._causes: dict[str, LeadSubmitted] = {}
        self._changed: dict[str, LeadDocument] = {}
        self._submissions: list[SubmissionDocument] = []
        self._fates: dict[str, dict[str, Any]] = {}
        self._described: dict[str, None] = {}
        self._routed = Routed()
        self._for_anybody: list[str] = []

    @classmethod
    async def opened(cls, tx: Transaction, policy: Policy, intakes: Sequence[Intake]) -> "Book":
        keys = {key for intake in intakes for key in intake.parts["keys"]}
        leads = {lead["_id"]: lead for lead in await store.find_leads_by_key(tx, keys)}
        known = {key: lead["_id"] for lead in leads.values() for key in lead["keys"]}
        book = cls(tx, policy, known, leads, await Strangers.among(tx, policy, keys))
        book.enriching = await Enriching.opened(tx, policy, intakes)
        told = book.enriching.told if book.enriching else ()
        book.survivorship = (await current_matching(tx.database)).policy.survivorship
        book.customers = await customers_among(tx, policy, [*(intake.parts for intake in intakes), *leads.values(), *told])
        return book

    def find(self, intake: Intake) -> tuple[str, LeadDocument] | None:
        """The lead that it is about, and the key that says so."""
        for key in intake.parts["keys"]:
            lead_id = self._known.get(key)
            if lead_id is not None and not is_refuted(key, self._leads[lead_id], intake.parts):
                return key, self._leads[lead_id]
        return None

    def add_lead(self, lead: LeadDocument, cause: LeadSubmitted) -> None:
        self._new[lead["_id"]] = self._leads[lead["_id"]] = lead
        self._causes[lead["_id"]] = cause
        self._own_keys(lead)

    def change_lead(self, lead: LeadDocument, *, described: bool) -> None:
        """Those that are new in this batch are written anyway. With `described` it says more of itself than before."""
        self._own_keys(lead)
        if lead["_id"] not in self._new:
            self._changed[lead["_id"]] = lead
        if described:
            self._described[lead["_id"]] = None

    def _own_keys(self, lead: LeadDocument) -> None:
        """A key that belongs to somebody already stays theirs. One that is known by nothing has no keys: an empty list is one, too."""
        owned = [key for key in lead.get("keys", ()) if self._known.setdefault(key, lead["_id"]) == lead["_id"]]
        if owned:
            lead["keys"] = owned
        else:
            lead.pop("keys", None)

    def route(self, lead: LeadDocument, route: Route) -> None:
        self._routed.add(lead, route)

    def leave_to_anybody(self, lead: LeadDocument) -> None:
        self._for_anybody.append(lead["_id"])

    def add_submission(self, row: SubmissionDocument) -> None:
        self._submissions.append(row)

    def settle_submission(self, submission_id: str, fate: dict[str, Any]) -> None:
        """One that is a row since it came through our own door, or since it was refused for something that was mended."""
        self._fates[submission_id] = {"field": None, "rule": None, "reason": None, "parked_id": None, **fate}

    async def write(self) -> None:
        if self.tx.alone:
            await self._deal_at_once()
        await store.add_leads(self.tx, list(self._new.values()))
        await store.save_leads(self.tx, list(self._changed.values()))
        await store.add_submissions(self.tx, self._submissions)
        await store.change_submissions(self.tx, self._fates)
        await store.add_to_queue(self.tx, dict.fromkeys(self._for_anybody, store.FOR_ANYBODY))
        await self.strangers.write()
        await self.failures.write(self.tx)
        if self.enriching is not None:
            await self.enriching.write()
        self._routed.say(self.tx)
        describe(self.tx, [*self._new, *(lead_id for lead_id in self._described if lead_id not in self._new)])

    async def _deal_at_once(self) -> None:
        reasons = self._routed.take(self._new)
        causes = {lead_id: Cause(self._causes[lead_id], reason) for lead_id, reason in reasons.items()}
        await deal_at_once(self.tx, {lead_id: self._new[lead_id] for lead_id in reasons}, causes)

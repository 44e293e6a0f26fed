"""What one batch of submissions works on: whom they may be about, what becomes of them, and all that is written at the end."""

from collections.abc import Sequence
from typing import Any

from services.leads import store
from services.leads.models import LeadDocument, SubmissionDocument
from services.leads.rules.customers import NOBODYS, Customers
from services.leads.rules.identity import Intake, strongest
from services.leads.rules.policy import Policy
from services.leads.rules.routing import Route
from services.leads.service.customers import customers_among
from services.leads.service.routed import Routed
from shared.transaction import Transaction


class Book:
    """`known` leads from a key to a lead, stored or new in this batch; `leads` are those that the batch is about."""

    def __init__(self, tx: Transaction, policy: Policy, known: dict[str, str], leads: dict[str, LeadDocument]) -> None:
        self.tx, self.policy = tx, policy
        self.customers: Customers = NOBODYS
        self._known, self._leads = known, leads
        self._new: dict[str, LeadDocument] = {}
        self._changed: dict[str, LeadDocument] = {}
        self._submissions: list[SubmissionDocument] = []
        self._fates: dict[str, dict[str, Any]] = {}
        self._routed = Routed()

    @classmethod
    async def opened(cls, tx: Transaction, policy: Policy, intakes: Sequence[Intake]) -> "Book":
        keys = {key for intake in intakes for key in intake.parts["keys"]}
        leads = {lead["_id"]: lead for lead in await store.find_leads_by_key(tx, keys)}
        known = {key: lead["_id"] for lead in leads.values() for key in lead["keys"]}
        book = cls(tx, policy, known, leads)
        book.customers = await customers_among(tx, policy, [*(intake.parts for intake in intakes), *leads.values()])
        return book

    def find(self, intake: Intake) -> tuple[str, LeadDocument] | None:
        """The lead that it is about, and the key that says so."""
        key = strongest(intake.parts["keys"], self._known)
        return (key, self._leads[self._known[key]]) if key is not None else None

    def add_lead(self, lead: LeadDocument) -> None:
        self._new[lead["_id"]] = self._leads[lead["_id"]] = lead
        self._known.update(dict.fromkeys(lead["keys"], lead["_id"]))

    def change_lead(self, lead: LeadDocument) -> None:
        """Those that are new in this batch are written anyway. A key that belongs to somebody already stays theirs."""
        lead["keys"] = [key for key in lead["keys"] if self._known.setdefault(key, lead["_id"]) == lead["_id"]]
        if lead["_id"] not in self._new:
            self._changed[lead["_id"]] = lead

    def route(self, lead: LeadDocument, route: Route) -> None:
        self._routed.add(lead, route)

    def add_submission(self, row: SubmissionDocument) -> None:
        self._submissions.append(row)

    def settle_submission(self, submission_id: str, fate: dict[str, Any]) -> None:
        """One that is a row since it came through our own door, or since it was refused for something that was mended."""
        self._fates[submission_id] = {"field": None, "rule": None, "reason": None, "parked_id": None, **fate}

    async def write(self) -> None:
        await store.add_leads(self.tx, list(self._new.values()))
        await store.save_leads(self.tx, list(self._changed.values()))
        await store.add_submissions(self.tx, self._submissions)
        await store.change_submissions(self.tx, self._fates)
        self._routed.say(self.tx)

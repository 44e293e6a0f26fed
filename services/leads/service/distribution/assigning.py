"""What is written and said when leads have been dealt out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from services.leads import store
from services.leads.models import Dealing, LeadDocument
from services.leads.rules.distribution.availability import Seat
from services.leads.rules.distribution.choosing import MOST_NAMED
from services.leads.service.distribution.deadlines import expect_responses
from services.leads.service.sales.beginnings import begun_by
from shared.events import Event, LeadAssigned
from shared.history import Change
from shared.transaction import Transaction

WAITED = "somebody has become available"
_HOW = {
    "round_robin": "next in turn",
    "weighted": "due by weight",
    "least_loaded": "with the fewest open",
    "by_skill": "best skilled",
    "direct": "asked for by name",
}


@dataclass(frozen=True, slots=True)
class Dealt:
    """Who gets a lead, and why."""

    seat: Seat
    dealing: Dealing

    @classmethod
    def by_turns(cls, seats: Sequence[Seat]) -> "dict[str, Dealt]":
        """By rep; for all whose turn it is to come it is the same."""
        here = [seat.rep_id for seat in seats if not seat.away]
        away = [[seat.rep_id, seat.away] for seat in seats if seat.away]
        dealing = Dealing(strategy="round_robin", candidates=here[:MOST_NAMED], passed_over=away[:MOST_NAMED])
        return {seat.rep_id: cls(seat, dealing) for seat in seats if not seat.away}


def told(dealing: Dealing) -> str:
    """In a few words: next in turn of 3, without ana (on leave)."""
    how = f"{_HOW[dealing['strategy']]} of {len(dealing['candidates'])}"
    passed = ", ".join(f"{rep_id} ({why})" for rep_id, why in dealing["passed_over"][:3])
    return f"{how}, without {passed}" if passed else how


class Cause(NamedTuple):
    """What led to dealing out a lead: the event, and the reason that the rules gave."""

    event: Event
    reason: str


Causes = Mapping[str, Cause]


class Assignments:
    """Gathers who got what of many leads, and writes it all at once."""

    def __init__(self, tx: Transaction, causes: Causes) -> None:
        self._tx, self._causes = tx, causes
        self._dealt: dict[str, Dealt] = {}
        self._fields: dict[str, dict[str, Any]] = {}
        self._reminders: dict[str, int] = {}
        self._reasons: dict[tuple[int, str], str] = {}
        self._deadlines: dict[tuple[str, int], datetime] = {}

    def add(self, leads: Iterable[LeadDocument], dealt: Mapping[str, Dealt]) -> None:
        for lead in leads:
            if lead["_id"] in dealt:
                self._fields[lead["_id"]] = self._assign(lead, dealt[lead["_id"]])
        self._dealt.update(dealt)

    async def write(self) -> dict[str, Dealt]:
        await store.change_leads(self._tx, self._fields)
        self._expect_responses()
        return self._dealt

    def note(self, leads: Mapping[str, LeadDocument]) -> dict[str, Dealt]:
        """In leads that are not written yet."""
        for lead_id, fields in self._fields.items():
            leads[lead_id].update(cast(LeadDocument, fields))
        self._expect_responses()
        return self._dealt

    def _expect_responses(self) -> None:
        expect_responses(self._tx, {lead_id: fields["respond_by"] for lead_id, fields in self._fields.items()}, self._reminders)

    def _assign(self, lead: LeadDocument, dealt: Dealt) -> dict[str, Any]:
        tx, cause, owner_id = self._tx, self._causes.get(lead["_id"]), dealt.seat.rep_id
        version, previous = lead["version"] + 1, lead.get("previous_owner_id")
        respond_by = self._deadline(dealt.seat, lead["respond_within"])
        assigned = LeadAssigned(
            lead_id=lead["_id"],
            version=version,
            owner_id=owner_id,
            team_id=lead.get("team_id"),
            rule=lead["rule"],
            reason=self._reason(dealt.dealing, cause.reason if cause else WAITED),
            respond_by=respond_by,
            previous_owner_id=previous,
        )
        tx.emit(assigned, cause=begun_by(lead, cause.event if cause else None))
        tx.record(Change("lead", lead["_id"], version, "assigned", {"owner_id": previous}, {"owner_id": owner_id}, why=assigned.reason))
        if "demands" in lead and "remind" in lead["demands"]:
            self._reminders[lead["_id"]] = lead["demands"]["remind"]
        fields = {"owner_id": owner_id, "assigned_at": tx.now, "respond_by": respond_by, "dealing": dealt.dealing}
        return {**fields, "version": version, "updated_at": tx.now}

    def _reason(self, dealing: Dealing, why: str) -> str:
        """Said once for all leads that were dealt alike; as long as the dealing is at hand, so is its id."""
        known = self._reasons.get((id(dealing), why))
        if known is None:
            known = self._reasons[id(dealing), why] = f"{told(dealing)}: {why}"[:300]
        return known

    def _deadline(self, seat: Seat, seconds: int) -> datetime:
        if seat.calendar is None:
            return self._tx.now + timedelta(seconds=seconds)
        known = self._deadlines.get((seat.rep_id, seconds))
        if known is None:
            known = self._deadlines[seat.rep_id, seconds] = seat.respond_by(self._tx.now, seconds)
        return known

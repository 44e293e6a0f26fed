"""The second act: reps answer their leads, work on their sales, and win or lose them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from typing import Any, NamedTuple

from cli.client import ServiceDoor
from cli.demo.arriving import Lead
from cli.demo.cast import Cast, rep
from cli.demo.crowd import together, until_all
from cli.demo.plan import STAGES, Course, Prospect
from deploy.local.steps import Tell
from deploy.local.tokens import Bearer
from shared.database import utcnow

TOO_SLOW = "See: dealwire status, dealwire logs opportunities"
KINDS = ("call", "meeting", "mail")
# Long enough to be accepted as being in the future, short enough to be missed while the month is played.
TOO_SOON = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Sale:
    """What a rep has in hand: whose lead it was, how it will go, and where it is worked on."""

    prospect: Prospect
    course: Course
    lead: Lead
    opportunity_id: str

    @property
    def seller(self) -> Bearer:
        return rep(self.lead["owner_id"], self.lead.get("team_id"))

    @property
    def path(self) -> str:
        return f"/opportunities/{self.opportunity_id}"

    @property
    def domain(self) -> str:
        return str(self.prospect.submission["company"]["domain"])


class Worked(NamedTuple):
    """What one sale took."""

    minutes: int = 0
    promises: int = 0
    proposals: int = 0


class Floor:
    """The sales floor of one month."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self.sales: list[Sale] = []
        self.worked: list[Worked] = []
        self.missed: list[Sale] = []

    def take_up(self, prospects: Sequence[Prospect], leads: dict[str, Lead], tell: Tell) -> None:
        """Waits until every lead that has an owner has its opportunity."""
        owned = {str(leads[one.email]["id"]): one for one in prospects if one.course and leads[one.email].get("owner_id")}

        def look() -> tuple[int, int]:
            found = {opportunity["lead_id"]: opportunity["id"] for opportunity in self._cast.all_of("opportunities", "/opportunities")}
            self.sales = [
                Sale(one, one.course, leads[one.email], found[lead_id]) for lead_id, one in owned.items() if one.course and lead_id in found
            ]
            return len(self.sales), len(owned)

        until_all(look, tell, what="qualified leads have their opportunity", cure=TOO_SLOW)

    def answer(self, tell: Tell) -> None:
        """Some leave their lead waiting: its deadline is running."""
        channels = dict(zip((sale.opportunity_id for sale in self.sales), cycle(("phone", "mail", "visit")), strict=False))
        answered = [sale for sale in self.sales if sale.course.ending != "untouched"]
        together(answered, lambda sale: self._contact(sale, channels[sale.opportunity_id]), tell)

    def _contact(self, sale: Sale, channel: str) -> None:
        self._cast.at("leads", sale.seller).post(f"/leads/{sale.lead['id']}/contact", {"channel": channel})

    def work(self, tell: Tell) -> None:
        """All but the first promise are kept."""
        promising = [sale for sale in self.sales if sale.course.promise]
        self.missed = promising[:1]
        self.worked = together(self.sales, self._work_on, tell)

    def _work_on(self, sale: Sale) -> Worked:
        door, course = self._cast.at("opportunities", sale.seller), sale.course
        for number, (subject, minutes) in enumerate(course.calls):
            activity = {"kind": KINDS[number % len(KINDS)], "subject": subject, "effort_minutes": minutes}
            door.post(f"{sale.path}/activities", activity)
        if course.ending in ("contacted", "untouched"):
            return Worked(sum(minutes for _, minutes in course.calls))
        door.patch(sale.path, _learned(sale))
        if course.promise:
            self._promise(door, sale)
        return Worked(sum(minutes for _, minutes in course.calls), int(bool(course.promise)), self._advance(door, sale))

    def _promise(self, door: ServiceDoor, sale: Sale) -> None:
        kept = sale not in self.missed
        due = utcnow() + (timedelta(days=2) if kept else TOO_SOON)
        promise = {"promisor": "us", "counterparty": sale.prospect.name, "text": sale.course.promise, "due": due.isoformat()}
        made = door.post(f"{sale.path}/commitments", promise)
        if kept:
            door.post(f"{sale.path}/commitments/{made['id']}/keep", {"evidence": "Sent by mail, they confirmed."})

    def _advance(self, door: ServiceDoor, sale: Sale) -> int:
        """Through the stages, as far as it goes; what stands in negotiation was offered first. Returns how many proposals it took."""
        offered = False
        for stage in STAGES[1 : STAGES.index(sale.course.stage) + 1]:
            if stage == "negotiation":
                door.post(f"{sale.path}/proposals", _proposal(sale))
                offered = True
            door.post(f"{sale.path}/stage", {"stage": stage})
        return int(offered)

    def close(self, tell: Tell) -> None:
        together(self.ended("won") + self.ended("lost"), self._close, tell)

    def _close(self, sale: Sale) -> None:
        door, won = self._cast.at("opportunities", sale.seller), sale.course.ending == "won"
        for proposal in door.items(f"{sale.path}/proposals", status="sent"):
            decision = {} if won else {"reason": f"They say: {sale.course.reason.replace('_', ' ')}"}
            door.post(f"{sale.path}/proposals/{proposal['id']}/{'accept' if won else 'decline'}", decision)
        door.post(f"{sale.path}/close", {"outcome": sale.course.ending, "reason": sale.course.reason})

    def ended(self, ending: str) -> list[Sale]:
        return [sale for sale in self.sales if sale.course.ending == ending]

    def await_missed(self, tell: Tell) -> None:
        until_all(self._look_at_missed, tell, what="broken promises were noticed", cure=TOO_SLOW)

    def _look_at_missed(self) -> tuple[int, int]:
        found = [
            list(self._cast.at("opportunities", sale.seller).items(f"{sale.path}/commitments", status="missed")) for sale in self.missed
        ]
        return sum(map(bool, found)), len(self.missed)


def _learned(sale: Sale) -> dict[str, Any]:
    in_days = 10 + sale.prospect.number % 60
    return {
        "expectations": [{"text": sale.course.expectation, "measure": "they will be asked"}],
        "close_date": (utcnow() + timedelta(days=in_days)).date().isoformat(),
        "competitors": [{"name": "Spreadsheets"}],
    }


def _proposal(sale: Sale) -> dict[str, Any]:
    half = sale.course.offered / 2
    line = {"product": sale.prospect.submission["interest"]["product"], "quantity": "2", "unit_price": f"{half:.2f}"}
    return {"currency": sale.prospect.currency, "lines": [line]}

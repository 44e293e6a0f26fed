"""Lives of customers as the other services would tell them; a test names only what matters to it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from shared.database import new_id
from shared.events import (
    AccountAtRisk,
    AccountChanged,
    AccountOpened,
    ActivityLogged,
    CaseOpened,
    CaseResolved,
    CommitmentMade,
    Company,
    Contact,
    DealClosed,
    Envelope,
    Event,
    Expectation,
    Interest,
    LeadAssigned,
    LeadCaptured,
    LeadContacted,
    LeadDisqualified,
    LeadQualified,
    LeadResponseOverdue,
    LeadWithdrawn,
    Line,
    MaskingActivated,
    OpportunityOpened,
    OpportunityStageChanged,
    OrderFulfilled,
    Person,
    PersonErased,
    ProposalSent,
    Reason,
    RepChanged,
    SatisfactionRecorded,
    Sender,
    TeamMember,
)

BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REASONS = [
    Reason(criterion="Business e-mail", passed=True, points=20, detail="acme.example is a company's own domain"),
    Reason(criterion="Budget known", passed=True, points=25, detail="12000 EUR"),
    Reason(criterion="Company size", passed=False, points=0, detail="employees not known"),
]


class Life:
    """One customer, from the first sign of interest on. Each call adds the event to `events` and returns it."""

    def __init__(
        self, name: str = "Ada Lovelace", company: str = "Acme Pumps", *, owner: str = "ana", team: str = "north", **ids: str
    ) -> None:
        first, _, last = name.partition(" ")
        domain = "".join(letter for letter in company.lower() if letter.isalnum()) + ".example"
        self.person = Person(
            first_name=first, last_name=last, email=f"{first.lower()}@{domain}", phone="+4930123456", title="Head of Operations"
        )
        self.company = Company(name=company, domain=domain, country="DE", industry="machinery", employees=120)
        self.owner, self.team = owner, team
        self.lead_id, self.sale_id = ids.get("lead_id") or new_id(), ids.get("sale_id") or new_id()
        self.account_id, self.case_id = ids.get("account_id") or new_id(), ids.get("case_id") or new_id()
        self.events: list[Event] = []
        self.now = BEGINNING
        self._versions = {noun: count(1) for noun in ("lead", "sale", "account", "case")}

    def _say(self, event: Event, service: str) -> Any:
        self.now += timedelta(minutes=7)
        event.in_envelope(Envelope(id=new_id(), source=f"/dealwire/{service}", time=self.now, correlation_id=self.lead_id))
        self.events.append(event)
        return event

    def _lead(self) -> dict[str, Any]:
        return {"lead_id": self.lead_id, "version": next(self._versions["lead"])}

    def _sale(self) -> dict[str, Any]:
        return {"opportunity_id": self.sale_id, "version": next(self._versions["sale"])}

    def _account(self) -> dict[str, Any]:
        return {"account_id": self.account_id, "version": next(self._versions["account"])}

    def _case(self) -> dict[str, Any]:
        return {"case_id": self.case_id, "version": next(self._versions["case"]), "account_id": self.account_id}

    def captured(self, **other: Any) -> LeadCaptured:
        who = {"person": self.person, "company": self.company, "interest": Interest(product="Dosing pump", need="Replace two old pumps")}
        rest = {"source": "web", "status": "captured", "captured_at": self.now, "submission_id": new_id()}
        return self._say(LeadCaptured(**self._lead() | who | rest | other), "leads")  # type: ignore[no-any-return]

    def qualified(self, **other: Any) -> LeadQualified:
        who = {"person": self.person, "company": self.company, "interest": Interest(product="Dosing pump")}
        verdict = {"score": 72, "grade": "A", "criteria_version": 1, "reasons": REASONS, "qualified_at": self.now}
        return self._say(LeadQualified(**self._lead() | who | verdict | other), "leads")  # type: ignore[no-any-return]

    def disqualified(self, **other: Any) -> LeadDisqualified:
        verdict = {"score": 12, "grade": "D", "criteria_version": 1, "reasons": [], "reason": "no budget", "qualified_at": self.now}
        who = {"person": self.person, "company": self.company, "interest": Interest()}
        return self._say(LeadDisqualified(**self._lead() | who | verdict | other), "leads")  # type: ignore[no-any-return]

    def withdrawn(self) -> LeadWithdrawn:
        return self._say(LeadWithdrawn(**self._lead(), reason="its file was taken back", withdrawn_at=self.now), "leads")  # type: ignore[no-any-return]

    def erased(self) -> PersonErased:
        return self._say(PersonErased(person_id=self.lead_id, lead_ids=[self.lead_id], erased_at=self.now), "leads")  # type: ignore[no-any-return]

    def assigned(self, **other: Any) -> LeadAssigned:
        dealt = {"owner_id": self.owner, "team_id": self.team, "rule": "round robin", "reason": "next in team north"}
        return self._say(LeadAssigned(**self._lead() | dealt | {"respond_by": self.now + timedelta(hours=4)} | other), "leads")  # type: ignore[no-any-return]

    def overdue(self, **other: Any) -> LeadResponseOverdue:
        late = {"owner_id": self.owner, "team_id": self.team, "respond_by": self.now}
        return self._say(LeadResponseOverdue(**self._lead() | late | other), "leads")  # type: ignore[no-any-return]

    def contacted(self, **other: Any) -> LeadContacted:
        contact = {"owner_id": self.owner, "contacted_at": self.now, "channel": "phone", "response_seconds": 1200.0}
        return self._say(LeadContacted(**self._lead() | contact | other), "leads")  # type: ignore[no-any-return]

    def opened(self, **other: Any) -> OpportunityOpened:
        opening = {"lead_id": self.lead_id, "name": f"Dosing pump for {self.company.name}", "pipeline": "default", "stage": "new"}
        rest = {"owner_id": self.owner, "team_id": self.team, "amount": Decimal(12000), "currency": "EUR", "opened_at": self.now}
        who = {"person": self.person, "company": self.company}
        return self._say(OpportunityOpened(**self._sale() | opening | rest | who | other), "opportunities")  # type: ignore[no-any-return]

    def moved(self, to_stage: str = "proposal", **other: Any) -> OpportunityStageChanged:
        move = {"from_stage": "new", "to_stage": to_stage, "probability": Decimal(50), "forecast_category": "best_case"}
        rest = {"amount": Decimal(14500), "currency": "EUR", "entered_at": self.now, "spent_seconds": 86400.0}
        return self._say(OpportunityStageChanged(**self._sale() | move | rest | other), "opportunities")  # type: ignore[no-any-return]

    def called(self, **other: Any) -> ActivityLogged:
        call = {"activity_id": new_id(), "kind": "call", "subject": "Talked about delivery", "effort_minutes": 25, "by": self.owner}
        return self._say(ActivityLogged(**self._sale() | call | {"occurred_at": self.now} | other), "opportunities")  # type: ignore[no-any-return]

    def promised(self, **other: Any) -> CommitmentMade:
        promise = {
            "commitment_id": new_id(),
            "promisor": "Ana",
            "counterparty": "Ada",
            "text": "Send the data sheet",
            "due": self.now + timedelta(days=1),
        }
        return self._say(CommitmentMade(**self._sale() | promise | other), "opportunities")  # type: ignore[no-any-return]

    def proposed(self, **other: Any) -> ProposalSent:
        proposal = {"proposal_id": new_id(), "amount": Decimal(14500), "currency": "EUR", "sent_at": self.now}
        return self._say(ProposalSent(**self._sale() | proposal | other), "opportunities")  # type: ignore[no-any-return]

    def closed(self, outcome: str = "won", **other: Any) -> DealClosed:
        ending = {"lead_id": self.lead_id, "outcome": outcome, "reason": "best_fit", "amount": Decimal(14500), "currency": "EUR"}
        rest = {"owner_id": self.owner, "team": [TeamMember(rep_id=self.owner)], "person": self.person, "company": self.company}
        cost = {
            "expectations": [Expectation(text="Delivered in May")],
            "closed_at": self.now,
            "cycle_seconds": 9e5,
            "effort_seconds": 1.5e4,
        }
        return self._say(DealClosed(**self._sale() | ending | rest | cost | other), "opportunities")  # type: ignore[no-any-return]

    def account_opened(self, **other: Any) -> AccountOpened:
        opening = {"name": self.company.name, "domain": self.company.domain, "owner_id": self.owner, "opportunity_id": self.sale_id}
        contacts = [Contact(first_name=self.person.first_name, last_name=self.person.last_name, email=self.person.email)]
        rest = {"lead_id": self.lead_id, "contacts": contacts, "opened_at": self.now}
        return self._say(AccountOpened(**self._account() | opening | rest | other), "accounts")  # type: ignore[no-any-return]

    def delivered(self, **other: Any) -> OrderFulfilled:
        order = {"order_id": "A-1001", "opportunity_id": self.sale_id, "lines": [Line(product="Dosing pump", quantity=Decimal(2))]}
        rest = {"amount": Decimal(14500), "currency": "EUR", "fulfilled_at": self.now}
        return self._say(OrderFulfilled(**self._account() | order | rest | other), "accounts")  # type: ignore[no-any-return]

    def content(self, **other: Any) -> SatisfactionRecorded:
        said = {"kind": "csat", "score": 90, "against_expectation": "met", "comment": "On time, well packed", "recorded_at": self.now}
        return self._say(SatisfactionRecorded(**self._account() | said | other), "accounts")  # type: ignore[no-any-return]

    def at_risk(self, **other: Any) -> AccountAtRisk:
        risk = {"health": 50, "reasons": ["satisfaction is 50 of 100, below 70"], "noticed_at": self.now}
        return self._say(AccountAtRisk(**self._account() | risk | other), "accounts")  # type: ignore[no-any-return]

    def account_changed(self, **other: Any) -> AccountChanged:
        changed = {"name": self.company.name, "changed": ["health"], "changed_at": self.now}
        return self._say(AccountChanged(**self._account() | changed | other), "accounts")  # type: ignore[no-any-return]

    def complained(self, **other: Any) -> CaseOpened:
        case = {
            "contact": Sender(email=self.person.email or "x@y.example"),
            "subject": "Pump is loud",
            "body": "It hums at night.",
            "severity": "high",
        }
        rest = {"channel": "mail", "respond_by": self.now + timedelta(hours=4), "opened_at": self.now}
        return self._say(CaseOpened(**self._case() | case | rest | other), "accounts")  # type: ignore[no-any-return]

    def helped(self, **other: Any) -> CaseResolved:
        case = {"resolution": "Tightened the mounting", "resolved_at": self.now, "open_seconds": 7200.0}
        return self._say(CaseResolved(**self._case() | case | other), "accounts")  # type: ignore[no-any-return]


def won_customer(name: str = "Ada Lovelace", company: str = "Acme Pumps", **ids: str) -> Life:
    """From the first sign of interest to a complaint that was settled."""
    life = Life(name, company, **ids)
    steps = (life.captured, life.qualified, life.assigned, life.contacted, life.opened, life.called, life.promised, life.moved)
    steps += (life.proposed, life.closed, life.account_opened, life.delivered, life.content, life.complained, life.helped)
    for step in steps:
        step()
    return life


def rep(rep_id: str = "ana", name: str = "Ana Ruiz", **other: Any) -> RepChanged:
    event = RepChanged(**{"rep_id": rep_id, "version": 1, "name": name, "email": f"{rep_id}@dealwire.example", "team_id": "north"} | other)
    event.in_envelope(Envelope(id=new_id(), source="/dealwire/leads", time=BEGINNING, correlation_id=rep_id))
    return event


def masking(version: int = 1, **hidden: list[str]) -> MaskingActivated:
    event = MaskingActivated(version=version, masking_version=version, hidden=hidden, activated_at=BEGINNING)
    event.in_envelope(Envelope(id=new_id(), source="/dealwire/leads", time=BEGINNING, correlation_id="leads"))
    return event


def lives(many: int) -> Iterator[Life]:
    return (won_customer(f"Ada {number}", f"Acme {number}") for number in range(many))

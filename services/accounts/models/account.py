"""Accounts, the people there, the deals that made them, and whom they belong to."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal, Self

from shared.database import Record
from shared.events import AccountAtRisk, AccountChanged, AccountOpened, Contact


class Aggregate(Record):
    """A record with a history, which never holds the values of `personal` fields: so erasing a person need not rewrite it.

    `derived` fields follow another record, and are no change of this one.
    """

    noun: ClassVar[str]
    derived: ClassVar[frozenset[str]] = frozenset()

    @property
    def personal(self) -> frozenset[str]:
        return frozenset()

    def after(self, now: datetime, **fields: Any) -> Self:
        """This record one change later."""
        return self.model_copy(update={**fields, "version": self.version + 1, "updated_at": now})


class Account(Aggregate):
    """`team_id`, `owner_name` and `owner_active` follow the owner as `rep.changed` tells; they change without a new version.

    `private` is a customer without a company: its name is a person's. `satisfaction` is that of the answer given at `answered_at`.
    """

    noun: ClassVar[str] = "account"
    derived: ClassVar[frozenset[str]] = frozenset({"team_id", "owner_name", "owner_active"})

    name: str
    domain: str | None = None
    country: str | None = None
    private: bool = False
    opportunity_id: str
    lead_id: str | None = None

    owner_id: str | None = None
    owner_name: str | None = None
    owner_active: bool = True
    team_id: str | None = None

    satisfaction: int | None = None
    answered_at: datetime | None = None
    open_cases: int = 0
    overdue_critical_cases: list[str] = []
    health: int = 100
    risks: list[str] = []
    last_fulfilled_at: datetime | None = None

    @property
    def personal(self) -> frozenset[str]:
        return frozenset({"name"} if self.private else ())

    def owned_by(self, owner_id: str | None, rep: "Rep | None") -> Self:
        return self.model_copy(
            update={
                "owner_id": owner_id,
                "owner_name": rep.name if rep else None,
                "owner_active": rep.active if rep else True,
                "team_id": rep.team_id if rep else None,
            }
        )

    def opened_event(self, contacts: list["AccountContact"]) -> AccountOpened:
        return AccountOpened(
            account_id=self.id,
            version=self.version,
            name=self.name,
            domain=self.domain,
            owner_id=self.owner_id,
            contacts=[contact.as_told() for contact in contacts],
            opportunity_id=self.opportunity_id,
            lead_id=self.lead_id,
            opened_at=self.created_at,
        )

    def changed_event(self, contacts: list["AccountContact"], changed: list[str], *, opportunity_id: str | None = None) -> AccountChanged:
        return AccountChanged(
            account_id=self.id,
            version=self.version,
            name=self.name,
            domain=self.domain,
            owner_id=self.owner_id,
            contacts=[contact.as_told() for contact in contacts],
            changed=changed,
            health=self.health,
            risks=self.risks,
            opportunity_id=opportunity_id,
            changed_at=self.updated_at,
        )

    def at_risk_event(self) -> AccountAtRisk:
        return AccountAtRisk(
            account_id=self.id,
            version=self.version,
            owner_id=self.owner_id,
            health=self.health,
            reasons=self.risks,
            noticed_at=self.updated_at,
        )


class AccountContact(Aggregate):
    """A person at an account. Once erased, only the row that others point at is left."""

    noun: ClassVar[str] = "contact"
    account_id: str
    lead_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    email_hash: str | None = None
    phone: str | None = None
    title: str | None = None
    role: str | None = None
    erased_at: datetime | None = None

    @property
    def personal(self) -> frozenset[str]:
        return frozenset({"first_name", "last_name", "email", "email_hash", "phone", "title"})

    def as_told(self) -> Contact:
        return Contact(contact_id=self.id, **self.model_dump(include={"first_name", "last_name", "email", "phone", "title", "role"}))


class Deal(Aggregate):
    """A closed deal as `opportunities` last told it; `version` is the opportunity's. It is how an order finds its account."""

    noun: ClassVar[str] = "deal"

    account_id: str | None = None
    status: Literal["won", "lost", "reopened"]
    reason: str = ""
    amount: Decimal | None = None
    currency: str | None = None
    closed_at: datetime | None = None
    reopened_at: datetime | None = None


class Identity(Record):
    """What an account is known by, such as `domain:acme.example`. The id is the identity: no two accounts hold one."""

    account_id: str


class Rep(Record):
    """A rep as `leads` last told it; version 0 when an account came first."""

    name: str | None = None
    team_id: str | None = None
    active: bool = True


class Erasure(Record):
    """A person (`lead:…` or `email:<hash>`) who was erased: what was closed before then must not bring them back."""

    erased_at: datetime

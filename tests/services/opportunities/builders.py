"""Valid objects; a test names only what matters to it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from services.opportunities.main import service
from services.opportunities.models import DEFAULT_PIPELINE, Commitment, Opportunity, StageStay, opportunity_id_of
from shared.database import Database, new_id, utcnow
from shared.events import (
    AccountOpened,
    Company,
    Event,
    Interest,
    LeadAssigned,
    LeadMerged,
    LeadQualified,
    LeadUnmerged,
    LeadWithdrawn,
    Match,
    Person,
    PersonErased,
    RepChanged,
    TeamMember,
)
from tests.road import api_client, hear, said

MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA = Person(first_name="Ada", last_name="Lovelace", email="ada@acme.example", phone="+4930123456")
ACME = Company(name="Acme", domain="acme.example", country="DE")
PUMPS = Interest(product="pumps", need="ten pumps by May")


def an_opportunity(**fields: Any) -> Opportunity:
    at = fields.pop("opened_at", MARCH)
    first = DEFAULT_PIPELINE.stages[0]
    given = {
        "id": new_id(),
        "created_at": at,
        "updated_at": at,
        "opened_at": at,
        "touched_at": at,
        "name": "Acme: pumps",
        "pipeline": "default",
        "stage": first.slug,
        "stages": [StageStay(stage=fields.get("stage", first.slug), entered_at=at)],
        "probability": first.probability,
        "forecast_category": first.forecast_category,
    }
    return Opportunity.model_validate(given | fields)


def a_commitment(**fields: Any) -> Commitment:
    given = {"id": new_id(), "created_at": MARCH, "updated_at": MARCH, "opportunity_id": "o1", "opportunity_version": 2}
    return Commitment.model_validate(given | {"promisor": "Ana", "counterparty": "Ada", "text": "call", "due": MARCH} | fields)


def member(rep_id: str, split: int | str | Decimal, role: str = "owner") -> TeamMember:
    return TeamMember(rep_id=rep_id, role=role, split=Decimal(split))


def lead_qualified(lead_id: str, **fields: Any) -> LeadQualified:
    given = {"version": 2, "person": ADA, "company": ACME, "interest": PUMPS, "score": 70, "grade": "A"}
    return LeadQualified.model_validate(
        given | {"criteria_version": 1, "reasons": [], "qualified_at": utcnow(), "lead_id": lead_id} | fields
    )


def lead_assigned(lead_id: str, owner_id: str = "ana", **fields: Any) -> LeadAssigned:
    given = {"version": 3, "team_id": "north", "rule": "round robin", "reason": "next in turn", "respond_by": utcnow()}
    return LeadAssigned.model_validate(given | {"lead_id": lead_id, "owner_id": owner_id} | fields)


def lead_merged(lead_id: str, **fields: Any) -> LeadMerged:
    given = {"version": 4, "match": Match(rule="email", score=1), "person": ADA, "company": ACME, "interest": PUMPS}
    return LeadMerged.model_validate(given | {"lead_id": lead_id} | fields)


def rep_changed(rep_id: str, **fields: Any) -> RepChanged:
    given = {"version": 1, "name": rep_id.title(), "email": f"{rep_id}@sales.example", "team_id": "north"}
    return RepChanged.model_validate(given | {"rep_id": rep_id} | fields)


def account_opened(opportunity_id: str, account_id: str = "acme") -> AccountOpened:
    return AccountOpened(account_id=account_id, version=1, name="Acme", opportunity_id=opportunity_id, opened_at=utcnow())


def person_erased(*lead_ids: str, email_hashes: Sequence[str] = ()) -> PersonErased:
    return PersonErased(person_id=new_id(), lead_ids=list(lead_ids), email_hashes=list(email_hashes), erased_at=utcnow())


def seller(db: Database, subject: str = "ana", teams: tuple[str, ...] = ("north",)) -> httpx.AsyncClient:
    return api_client(service, db, roles={"rep"}, subject=subject, teams=teams)


def manager(db: Database, subject: str = "max", teams: tuple[str, ...] = ("north",)) -> httpx.AsyncClient:
    return api_client(service, db, roles={"manager"}, subject=subject, teams=teams)


async def opened(db: Database, *before: Event, **fields: Any) -> str:
    """An opportunity of ana in team north, from a lead; returns its id. What was said is taken out."""
    lead_id = new_id()
    await hear(service, db, *before, lead_qualified(lead_id, **fields), lead_assigned(lead_id))
    await said(db)
    return opportunity_id_of(lead_id)


async def show(db: Database, opportunity_id: str) -> dict[str, Any]:
    """As an administrator sees it."""
    async with api_client(service, db) as admin:
        response = await admin.get(f"/opportunities/{opportunity_id}")
        assert response.status_code == 200, response.text
        shown: dict[str, Any] = response.json()
        return shown


async def told(client: httpx.AsyncClient, method: str, path: str, body: Any = None, *, expect: int, **headers: str) -> Any:
    """The JSON of an answer of the expected status."""
    response = await client.request(method, path, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert response.status_code == expect, f"{method} {path}: {response.status_code} {response.text}"
    return response.json()


def rules_broken(problem: dict[str, Any]) -> dict[str, str]:
    return {violation["field"]: violation["rule"] for violation in problem["violations"]}


def lead_withdrawn(lead_id: str, *, version: int = 9) -> LeadWithdrawn:
    return LeadWithdrawn(lead_id=lead_id, version=version, reason="its file was taken back", withdrawn_at=utcnow())


def submission_taken_out(lead_id: str, *, version: int = 9, **fields: Any) -> LeadUnmerged:
    return LeadUnmerged(lead_id=lead_id, version=version, submission_ids=["s1"], **fields)

"""A person is forgotten, everywhere, and it is certified what was erased where."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.leads import service, store
from services.leads.api.bodies import Body
from services.leads.models import ErasureRecord
from services.leads.rules.capture.addresses import email_of, phone_of
from shared.errors import Invalid
from shared.events import PersonErased
from shared.events.values import Id, Text
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(prefix="/erasures", tags=["privacy"])
ERASERS = ("manager", "admin", "privacy")
NOT_REACHED = (
    "Topics keep what was said before for as long as they keep anything; readers of them are told by person.erased.",
    "Submissions that are still on their way on lead.submitted become a new lead; ask again once they have arrived.",
)


class Erasure(Body):
    """Who is to be forgotten, by one of the three, and why. The reason is kept, and must not name them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "ana@acme.example", "reason": "asked by letter, case 2026-17"}]})

    email: Text | None = None
    phone: Text | None = None
    lead_id: Id | None = None
    reason: Annotated[Text, StringConstraints(min_length=1)]

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(one is not None for one in (self.email, self.phone, self.lead_id)) != 1:
            raise PydanticCustomError("one_way", "must name exactly one of {names}", {"names": "email, phone, lead_id"})
        return self

    def wanted(self) -> dict[str, Any]:
        """Raises Invalid for what can't be an address."""
        if self.lead_id is not None:
            return {"lead_ids": [self.lead_id]}
        if self.email is not None:
            return {"keys": [f"e:{_known(email_of(self.email), 'email')}"]}
        return {"keys": [f"p:{_known(phone_of(str(self.phone), None), 'phone')}"]}


class ErasureView(BaseModel):
    """The certificate: how many rows of which collections were wiped here, and by which event all others were told to do the same."""

    id: str
    lead_ids: list[str]
    reason: str
    erased: dict[str, int]
    announced: str = PersonErased.topic
    not_reached: tuple[str, ...] = NOT_REACHED
    erased_at: datetime
    erased_by: str

    @classmethod
    def of(cls, record: ErasureRecord) -> Self:
        shown = record.model_dump(include={"id", "lead_ids", "reason", "erased"})
        return cls(**shown, erased_at=record.created_at, erased_by=record.created_by)

    @classmethod
    def of_document(cls, document: dict[str, Any]) -> Self:
        return cls.of(ErasureRecord.from_document(document))


ERASURES = Listing("erasures", view=ErasureView.of_document, sorts=("id",), default_sort="-id", filters={"created_by": str})


@router.post("", response_model=ErasureView)
async def erase_person(door: Door, erasure: Erasure) -> Response:
    """Everything of theirs here goes at once; once more for the same person answers the first certificate."""
    door.allow(*ERASERS)
    wanted = erasure.wanted()
    person = await service.find_person(door.db, **wanted)
    await service.expect_reach(door.db, door.principal, person)
    found = await service.find_all_of(door.db, person)
    return await door.command(
        lambda tx: service.erase_person(tx, person, found, erasure.reason), view=ErasureView.of, location=_look_at, keep=False
    )


@router.get("", openapi_extra=ERASURES.described)
async def list_erasures(door: Door, request: Request) -> Page[ErasureView]:
    door.allow(*ERASERS)
    return await ERASURES.page(door.db, request.query_params)


@router.get("/{erasure_id}")
async def show_erasure(door: Door, erasure_id: str) -> ErasureView:
    door.allow(*ERASERS)
    return ErasureView.of(await store.get_record(door.db, ErasureRecord, erasure_id))


def _look_at(record: ErasureRecord) -> str:
    return f"/erasures/{record.id}"


def _known(address: str | None, field: str) -> str:
    if address is None:
        raise Invalid("This can't be anybody's; give a phone number with its country", field=field, rule=field)
    return address

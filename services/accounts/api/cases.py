"""Cases: the door for those who ask for help, and for those who give it."""

from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from services.accounts import service, store
from services.accounts.api.roles import KEEPERS, READERS, SENDERS
from services.accounts.api.views import Accepted, CaseView
from services.accounts.models import Case
from services.accounts.models.care import Severity
from services.accounts.rules.cases import case_id_of
from shared.events import CaseSubmitted
from shared.events.values import LongText
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(tags=["cases"])
CASES = Listing(
    store.COLLECTIONS[Case],
    view=CaseView.of,
    sorts=("updated_at", "respond_by"),
    default_sort="-updated_at",
    filters={
        "status": str,
        "severity": Severity,
        "account_id": str,
        "owner_id": str,
        "external_id": str,
        "respond_by": datetime,
    },
)


class Resolution(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    resolution: Annotated[LongText, StringConstraints(min_length=1)]


@router.post("/cases", status_code=202, response_model=Accepted)
async def submit_case(door: Door, case: CaseSubmitted) -> Response:
    door.allow(*SENDERS, scope="cases")
    return await door.command(lambda tx: service.submit_case(tx, case), view=_accepted, status=202, location=_look)


@router.get("/cases", openapi_extra=CASES.described)
async def list_cases(door: Door, request: Request) -> Page[CaseView]:
    door.allow(*READERS)
    return await CASES.page(door.db, request.query_params, scope=door.principal.record_scope())


@router.get("/cases/{case_id}", response_model=CaseView)
async def show_case(door: Door, case_id: str) -> Response:
    return door.answer(CaseView.showing(await _case_in_scope(door, case_id)), settled=False)


@router.post("/cases/{case_id}/resolve", response_model=CaseView)
async def resolve_case(door: Door, case_id: str, answer: Resolution) -> Response:
    door.allow(*KEEPERS)
    scope, version = door.principal.record_scope(), door.expected_version
    return await door.command(
        lambda tx: service.resolve_case(tx, case_id, answer.resolution, scope=scope, expected_version=version), view=CaseView.showing
    )


@router.get("/cases/{case_id}/history", openapi_extra=HISTORY.described)
async def list_case_history(door: Door, request: Request, case_id: str) -> Page[ChangeView]:
    await _case_in_scope(door, case_id)
    return await history_page(door.db, Case.noun, case_id, request.query_params)


async def _case_in_scope(door: Door, case_id: str) -> Case:
    door.allow(*READERS)
    return await store.get(door.db, Case, case_id, door.principal.record_scope())


def _accepted(submitted: CaseSubmitted) -> Accepted:
    return Accepted(id=case_id_of(submitted), look=_look(submitted))


def _look(submitted: CaseSubmitted) -> str:
    return f"/cases/{quote(case_id_of(submitted))}"

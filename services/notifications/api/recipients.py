"""Whom there is to tell, and what they want."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notifications import service, store
from services.notifications.api.roles import KEEPERS, PEOPLE
from services.notifications.api.views import RecipientView
from services.notifications.models import Preferences, Recipient
from services.notifications.service import Edit
from shared.database import utcnow
from shared.events.values import Id, Text
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page
from shared.web import Door, Principal

router = APIRouter(tags=["recipients"])
RECIPIENTS = Listing(
    store.COLLECTIONS[Recipient],
    view=RecipientView.of,
    sorts=("name",),
    default_sort="name",
    filters={"team_id": str, "roles": str, "active": bool},
)
Roles = Annotated[list[Text], Field(max_length=20)]


class NewPreferences(Preferences):
    model_config = ConfigDict(extra="forbid")


class NewRecipient(BaseModel):
    """Someone who is not in the roster; `id` is the subject of their token."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: Id
    name: Text
    email: Text | None = None
    team_id: Id | None = None
    manager_id: Id | None = None
    roles: Roles = []
    preferences: NewPreferences = NewPreferences()


class PreferencesChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    in_app: bool = True
    mail: bool = True
    zone: Text = ""


class RecipientChange(BaseModel):
    """What is left out stays as it is. People change their own `preferences`; the rest is for those who manage."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    preferences: PreferencesChange = PreferencesChange()
    roles: Roles = []
    name: Text = ""
    email: Text | None = None
    team_id: Id | None = None
    manager_id: Id | None = None
    active: bool = True


@router.get("/recipients", openapi_extra=RECIPIENTS.described)
async def list_recipients(door: Door, request: Request) -> Page[RecipientView]:
    door.allow(*PEOPLE)
    return await RECIPIENTS.page(door.db, request.query_params, scope=_scope(door.principal))


@router.post("/recipients", status_code=201, response_model=RecipientView)
async def add_recipient(door: Door, new: NewRecipient) -> Response:
    door.allow(*KEEPERS)
    now = utcnow()
    recipient = Recipient(**new.model_dump(), created_at=now, updated_at=now)
    return await door.command(
        lambda tx: service.add_recipient(tx, recipient), view=RecipientView.showing, status=201, location=f"/recipients/{quote(new.id)}"
    )


@router.get("/recipients/{recipient_id}", response_model=RecipientView)
async def show_recipient(door: Door, recipient_id: str) -> Response:
    door.allow(*PEOPLE)
    return door.answer(RecipientView.showing(await store.get(door.db, Recipient, recipient_id, _scope(door.principal))))


@router.patch("/recipients/{recipient_id}", response_model=RecipientView)
async def change_recipient(door: Door, recipient_id: str, change: RecipientChange) -> Response:
    is_own = recipient_id == door.principal.subject and change.model_fields_set <= {"preferences"}
    door.allow(*(PEOPLE if is_own else KEEPERS))
    edit, scope = Edit(change.model_dump(exclude_unset=True), door.expected_version), _scope(door.principal)
    return await door.command(lambda tx: service.change_recipient(tx, recipient_id, edit, scope=scope), view=RecipientView.showing)


@router.get("/recipients/{recipient_id}/history", openapi_extra=HISTORY.described)
async def list_recipient_history(door: Door, request: Request, recipient_id: str) -> Page[ChangeView]:
    door.allow(*PEOPLE)
    await store.get(door.db, Recipient, recipient_id, _scope(door.principal))
    return await history_page(door.db, "recipient", recipient_id, request.query_params)


def _scope(principal: Principal) -> dict[str, Any]:
    """Themselves and their teams, unless they may see everything."""
    if not principal.record_scope():
        return {}
    return {"$or": [{"_id": principal.subject}, {"team_id": {"$in": list(principal.teams)}}]}

"""Templates: in which words people are told."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from services.notifications import service, store
from services.notifications.api.roles import KEEPERS, PEOPLE
from services.notifications.api.views import TemplateView
from services.notifications.models import Slug, Template
from services.notifications.service import Edit
from shared.database import utcnow
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(tags=["templates"])
TEMPLATES = Listing(store.COLLECTIONS[Template], view=TemplateView.of, sorts=("id",), default_sort="id")
Subject = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Body = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Html = Annotated[str, StringConstraints(max_length=50_000)]


class NewTemplate(BaseModel):
    """Jinja2 over `event`, `about` (what it is called), `owner` (their name) and `recipient`; filters `when` and `money`."""

    model_config = ConfigDict(extra="forbid")

    id: Slug
    subject: Subject
    text: Body
    html: Html | None = None


class TemplateChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    subject: Subject = ""
    text: Body = ""
    html: Html | None = None


@router.get("/templates", openapi_extra=TEMPLATES.described)
async def list_templates(door: Door, request: Request) -> Page[TemplateView]:
    door.allow(*PEOPLE)
    return await TEMPLATES.page(door.db, request.query_params)


@router.post("/templates", status_code=201, response_model=TemplateView)
async def add_template(door: Door, new: NewTemplate) -> Response:
    door.allow(*KEEPERS)
    now = utcnow()
    template = Template(**new.model_dump(), created_at=now, updated_at=now)
    location = f"/templates/{template.id}"
    return await door.command(lambda tx: service.add_template(tx, template), view=TemplateView.showing, status=201, location=location)


@router.get("/templates/{template_id}", response_model=TemplateView)
async def show_template(door: Door, template_id: str) -> Response:
    door.allow(*PEOPLE)
    return door.answer(TemplateView.showing(await store.get(door.db, Template, template_id)))


@router.patch("/templates/{template_id}", response_model=TemplateView)
async def change_template(door: Door, template_id: str, change: TemplateChange) -> Response:
    door.allow(*KEEPERS)
    edit = Edit(change.model_dump(exclude_unset=True), door.expected_version)
    return await door.command(lambda tx: service.change_template(tx, template_id, edit), view=TemplateView.showing)


@router.delete("/templates/{template_id}", status_code=204)
async def delete_template(door: Door, template_id: str) -> Response:
    door.allow(*KEEPERS)
    version = door.expected_version
    return await door.command(lambda tx: service.delete_template(tx, template_id, version), status=204)


@router.get("/templates/{template_id}/history", openapi_extra=HISTORY.described)
async def list_template_history(door: Door, request: Request, template_id: str) -> Page[ChangeView]:
    door.allow(*KEEPERS)
    return await history_page(door.db, "template", template_id, request.query_params)

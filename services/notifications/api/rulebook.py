"""Rules: who is told of what."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notifications import service, store
from services.notifications.api.roles import KEEPERS, PEOPLE
from services.notifications.api.views import RuleView
from services.notifications.models import Addressee, Channel, Condition, Rule, Slug
from services.notifications.service import Edit
from shared.database import new_id, utcnow
from shared.events.values import Text
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(tags=["rules"])
RULES = Listing(store.COLLECTIONS[Rule], view=RuleView.of, sorts=("id",), default_sort="id", filters={"on": str, "enabled": bool})
Addressees = Annotated[list[Addressee], Field(min_length=1, max_length=50)]
Channels = Annotated[list[Channel], Field(min_length=1, max_length=2)]


class NewRule(BaseModel):
    """`on` is a topic, `condition` a CEL expression over `event`; recipients are `owner`, `manager`, `team`, `previous_owner`,
    `role:<role>` or `person:<id>`."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: Slug = Field(default_factory=new_id)
    name: Text
    on: Text
    condition: Condition | None = None
    recipients: Addressees
    channels: Channels
    template_id: Slug
    enabled: bool = True


class RuleChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Text = ""
    on: Text = ""
    condition: Condition | None = None
    recipients: Addressees = []
    channels: Channels = []
    template_id: Slug = ""
    enabled: bool = True


@router.get("/rules", openapi_extra=RULES.described)
async def list_rules(door: Door, request: Request) -> Page[RuleView]:
    door.allow(*PEOPLE)
    return await RULES.page(door.db, request.query_params)


@router.post("/rules", status_code=201, response_model=RuleView)
async def add_rule(door: Door, new: NewRule) -> Response:
    door.allow(*KEEPERS)
    now = utcnow()
    rule = Rule(**new.model_dump(), created_at=now, updated_at=now)
    return await door.command(lambda tx: service.add_rule(tx, rule), view=RuleView.showing, status=201, location=f"/rules/{rule.id}")


@router.get("/rules/{rule_id}", response_model=RuleView)
async def show_rule(door: Door, rule_id: str) -> Response:
    door.allow(*PEOPLE)
    return door.answer(RuleView.showing(await store.get(door.db, Rule, rule_id)))


@router.patch("/rules/{rule_id}", response_model=RuleView)
async def change_rule(door: Door, rule_id: str, change: RuleChange) -> Response:
    door.allow(*KEEPERS)
    edit = Edit(change.model_dump(exclude_unset=True), door.expected_version)
    return await door.command(lambda tx: service.change_rule(tx, rule_id, edit), view=RuleView.showing)


@router.delete("/rules/{rule_id}", status_code=204)
async def delete_rule(door: Door, rule_id: str) -> Response:
    door.allow(*KEEPERS)
    version = door.expected_version
    return await door.command(lambda tx: service.delete_rule(tx, rule_id, version), status=204)


@router.get("/rules/{rule_id}/history", openapi_extra=HISTORY.described)
async def list_rule_history(door: Door, request: Request, rule_id: str) -> Page[ChangeView]:
    door.allow(*KEEPERS)
    return await history_page(door.db, "rule", rule_id, request.query_params)

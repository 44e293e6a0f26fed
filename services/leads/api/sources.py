"""The sources that leads come from: their terms, and the keys that they come in with."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from services.leads import service, store
from services.leads.api.bodies import Patch
from services.leads.api.records import SourceView
from services.leads.api.roles import MANAGERS, READERS, SELLERS
from services.leads.api.sight import hidden_from
from services.leads.models import UNKNOWN_SOURCE, Cost, Limits, Source, SourceKind
from shared.api_keys import KEYS, IssuedKey, KeyView, Scope
from shared.events.values import Id, Slug, Text
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(prefix="/sources", tags=["sources"])
Name = Annotated[Text, StringConstraints(min_length=1)]
Paths = Annotated[list[Text], Field(max_length=200, description="Fields, or whole parts; what is not among them is dropped and noted")]
Defaults = Annotated[dict[Text, Text], Field(max_length=50, description="By field, what is filled in where the source says nothing")]
SOURCES = Listing("sources", view=SourceView.of, sorts=("id",), default_sort="id", filters={"kind": str, "active": bool, "owner_id": str})
_EXAMPLE: dict[str, JsonValue] = {
    "id": "trade-fair-munich",
    "name": "Trade fair in Munich",
    "kind": "event",
    "owner_id": "ana",
    "allowed_fields": ["person", "company", "interest.product", "attributes.booth"],
    "default_fields": {"company.country": "DE", "attribution.medium": "fair"},
    "limits": {"per_minute": 120, "per_day": 20000},
    "consent_basis": "legitimate interest: asked at the booth",
    "monthly_cost": {"amount": "1500.00", "currency": "EUR"},
}


class _Terms(Patch):
    kind: SourceKind = "other"
    owner_id: Id | None = None
    allowed_fields: Paths = []
    default_fields: Defaults = {}
    limits: Limits = Limits()
    consent_basis: Text | None = None
    monthly_cost: Cost | None = None


class NewSource(_Terms):
    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: Annotated[Slug, Field(description="The slug by which submissions name it")]
    name: Name


class SourcePatch(_Terms):
    """While a source is off, HTTP answers 403, and what comes by Kafka or in a file is refused and can be replayed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"active": False, "off_reason": "the contract with the agency ended"}]})

    name: Name = ""
    active: bool = True
    off_reason: Name | None = None


class Rotation(BaseModel):
    """The keys that the source has stay good for `overlap_seconds`; 0 ends them at once (other processes believe one for 30 s more)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"overlap_seconds": 86400, "scopes": ["leads"]}]})

    overlap_seconds: Annotated[int, Field(ge=0, le=90 * 24 * 3600)] = 24 * 3600
    scopes: Annotated[list[Scope], Field(max_length=50)] = []


class SourceWithUsage(SourceView):
    """`usage` counts, where there are limits, what was taken in this minute and on this day (UTC).

    `stated` counts, of `unknown`, the submissions by what the sources that nobody registered call themselves.
    """

    usage: dict[str, int] = {}
    stated: dict[str, int] = {}


@router.get("", openapi_extra=SOURCES.described)
async def list_sources(door: Door, request: Request) -> Page[SourceView]:
    door.allow(*READERS)
    sight = await hidden_from(door)
    sight.expect_shown(request.query_params)
    return await SOURCES.page(door.db, request.query_params, view=sight.source)


@router.post("", status_code=201, response_model=SourceView)
async def add_source(door: Door, source: NewSource) -> Response:
    door.allow(*MANAGERS)
    return await door.command(
        lambda tx: service.add_source(tx, Source(**source.model_dump(), created_at=tx.now, updated_at=tx.now)),
        view=SourceView.of,
        status=201,
        location=f"/sources/{source.id}",
    )


@router.get("/{source_id}", response_model=SourceWithUsage)
async def show_source(door: Door, source_id: str) -> Response:
    door.allow(*READERS)
    source = await store.get_record(door.db, Source, source_id)
    usage = await service.usage_of(door.db, source_id) if source.limits != Limits() else {}
    stated = await store.count_unknown_sources(door.db) if source_id == UNKNOWN_SOURCE else {}
    shown = (await hidden_from(door)).source(source)
    return door.answer(SourceWithUsage(**shown.model_dump(), usage=usage, stated=stated))


@router.patch("/{source_id}", response_model=SourceView)
async def change_source(door: Door, source_id: str, patch: SourcePatch) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.change_source(tx, source_id, patch.said(), door.expected_version), view=SourceView.of)


@router.get("/{source_id}/history", openapi_extra=HISTORY.described)
async def list_source_history(door: Door, request: Request, source_id: str) -> Page[ChangeView]:
    door.allow(*SELLERS)
    return await history_page(door.db, Source.noun, source_id, request.query_params, view=(await hidden_from(door)).change)


@router.post("/{source_id}/keys", status_code=201, response_model=IssuedKey)
async def rotate_source_key(door: Door, source_id: str, rotation: Rotation) -> Response:
    """A new key, shown this once. Those before it stay good for a while, so that the source can change over."""
    door.allow("admin")
    overlap = timedelta(seconds=rotation.overlap_seconds)
    answer = await door.command(lambda tx: service.rotate_key(tx, source_id, rotation.scopes, overlap), status=201, keep=False)
    door.context.api_keys.forget_all()
    return answer


@router.get("/{source_id}/keys", openapi_extra=KEYS.described)
async def list_source_keys(door: Door, request: Request, source_id: str) -> Page[KeyView]:
    """When each was issued, and until when it is good; a single one is revoked by `DELETE /api-keys/{id}`."""
    door.allow("admin")
    return await KEYS.page(door.db, request.query_params, scope={"name": source_id})

"""Providers of knowledge about leads: listed, added, changed, switched off, tried on a sample."""

import io
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict, JsonValue

from services.leads import service, store
from services.leads.api.bodies import Patch, Secrets
from services.leads.api.records import RecordView
from services.leads.api.roles import ADMINS, MANAGERS
from services.leads.models import CompanyFile, FieldRule, Provider, ProviderTerms
from services.leads.models.providers import HttpRequest
from services.leads.service import CompanyUpload
from shared.events import LeadSubmitted
from shared.events.values import AsDigits, Slug
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page
from shared.transaction import Transaction
from shared.web import IMPORT_BYTES, Door

router = APIRouter(prefix="/providers", tags=["providers"])
Amount = Annotated[Decimal, AsDigits]
_EXAMPLE: dict[str, JsonValue] = {
    "id": "credit-bureau",
    "name": "Credit bureau",
    "active": True,
    "condition": "company.country == 'DE'",
    "request": {
        "url": "https://api.bureau.example/companies?domain={company.domain}",
        "headers": {"Authorization": "Bearer {secret.key}"},
    },
    "secrets": {"key": "as the bureau gave it"},
    "fields": [
        {"field": "enrichment.credit_score", "path": "rating.score", "confidence": 0.95},
        {"field": "company.employees", "path": "staff", "policy": "surer"},
    ],
    "rate_per_minute": 300,
    "price": "0.12",
    "currency": "EUR",
    "monthly_budget": "250",
}


class NewProvider(ProviderTerms):
    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: Slug
    secrets: Secrets = {}


class ProviderPatch(Patch):
    """What is given is changed. Secrets that are given are added, or take the place of those of the same name; null removes one."""

    name: str = ""
    active: bool = False
    rank: int = 100
    condition: str = "true"
    request: HttpRequest | None = None
    known: str | None = None
    confidence: str | None = None
    fields: list[FieldRule] = []
    wait_seconds: float = 2.0
    timeout_seconds: float = 5.0
    concurrency: int = 8
    rate_per_minute: int | None = None
    tries: int = 3
    trip_after: int = 5
    trip_seconds: float = 30.0
    cache_seconds: int = 0
    unknown_cache_seconds: int = 0
    name_similarity: float = 0.9
    price: Decimal | None = None
    currency: str | None = None
    monthly_budget: Decimal | None = None
    secrets: Secrets = {}


class UsageView(BaseModel):
    """What it was asked this month, and what that cost."""

    month: str = ""
    calls: int = 0
    answered: int = 0
    unknown: int = 0
    failed: int = 0
    cost: Amount = Decimal(0)
    currency: str | None = None


class ProviderView(ProviderTerms, RecordView):
    """`circuit` is open while it is left alone because it does not answer; `secrets` are only called by their names."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)

    secrets: list[str] = []
    file: CompanyFile | None = None
    circuit: str = "closed"
    retry_at: datetime | None = None
    usage: UsageView = UsageView()

    @classmethod
    def told(cls, provider: Provider, usage: Mapping[str, Any], state: Mapping[str, Any]) -> "ProviderView":
        known = {"secrets": sorted(provider.sealed), "circuit": state.get("circuit", "closed"), "usage": UsageView.model_validate(usage)}
        return cls.model_validate({**provider.model_dump(), **known, "retry_at": state.get("retry_at")})

    @classmethod
    def of(cls, record: Any) -> "ProviderView":
        return cls.told(record if isinstance(record, Provider) else Provider.from_document(record), {}, {})


class TrialView(BaseModel):
    """`values` is what it knows, `taken` what of it would change the sample."""

    model_config = ConfigDict(from_attributes=True)

    status: str
    values: dict[str, Any]
    taken: dict[str, Any]
    confidence: float | None
    problem: str | None
    problems: list[str]
    seconds: float


PROVIDERS = Listing(store.PROVIDERS, view=ProviderView.of, sorts=("id",), default_sort="id", filters={"active": bool, "kind": str})


@router.get("", openapi_extra=PROVIDERS.described)
async def list_providers(door: Door, request: Request) -> Page[ProviderView]:
    door.allow(*MANAGERS)
    page = await PROVIDERS.page(door.db, request.query_params)
    usage, states = await service.current_usage(door.db)
    return page.model_copy(update={"items": [_with(view, usage.get(view.id, {}), states.get(view.id, {})) for view in page.items]})


@router.post("", status_code=201, response_model=ProviderView)
async def add_provider(door: Door, new: NewProvider) -> Response:
    """It is asked once it is active. Whoever wants to see first what it says tries it on a sample."""
    door.allow(*ADMINS)
    sealed = service.with_secrets({}, door.context.sealer, new.secrets)
    terms = new.model_dump(exclude={"secrets"})
    return await door.command(
        lambda tx: service.add_provider(tx, Provider(**terms, sealed=sealed, **_born(tx)), _networks(door)),
        view=ProviderView.of,
        status=201,
        location=f"/providers/{new.id}",
    )


@router.get("/{provider_id}", response_model=ProviderView)
async def show_provider(door: Door, provider_id: str) -> Response:
    door.allow(*MANAGERS)
    usage, states = await service.current_usage(door.db)
    provider = await store.get_record(door.db, Provider, provider_id)
    return door.answer(ProviderView.told(provider, usage.get(provider_id, {}), states.get(provider_id, {})))


@router.patch("/{provider_id}", response_model=ProviderView)
async def change_provider(door: Door, provider_id: str, patch: ProviderPatch) -> Response:
    door.allow(*ADMINS)

    async def change(tx: Transaction) -> Provider:
        fields = patch.said()
        if fields.pop("secrets", None):
            before = (await store.get_record(tx, Provider, provider_id)).sealed
            fields["sealed"] = service.with_secrets(before, door.context.sealer, patch.secrets)
        return await service.change_provider(tx, provider_id, fields, networks=_networks(door), expected_version=door.expected_version)

    return await door.command(change, view=ProviderView.of)


@router.post("/{provider_id}/test")
async def try_provider(door: Door, provider_id: str, sample: LeadSubmitted) -> TrialView:
    """Asks it about a sample. Nothing is changed or kept of it, but a call is a call, and is counted."""
    door.allow(*ADMINS)
    provider = await store.get_record(door.db, Provider, provider_id)
    return TrialView.model_validate(await service.try_provider(door.db, provider, sample, (_networks(door), door.context.sealer)))


@router.post("/{provider_id}/companies", response_model=ProviderView, max_body_size=IMPORT_BYTES)
async def load_companies(door: Door, provider_id: str, file: UploadFile) -> Response:
    """A CSV with a heading that names at least a column `domain` or `company`. It takes the place of the one before, as a whole."""
    door.allow(*ADMINS)
    lines = io.TextIOWrapper(file.file, encoding="utf-8", newline="")
    upload = CompanyUpload(provider_id, (file.filename or "companies.csv")[:300], lines, door.principal.by)
    loaded = await service.load_companies(door.db, upload)
    return await door.command(lambda tx: service.use_companies(tx, provider_id, loaded), view=ProviderView.of)


@router.get("/{provider_id}/history", openapi_extra=HISTORY.described)
async def list_provider_history(door: Door, request: Request, provider_id: str) -> Page[ChangeView]:
    door.allow(*MANAGERS)
    return await history_page(door.db, Provider.noun, provider_id, request.query_params)


def _with(view: ProviderView, usage: Mapping[str, Any], state: Mapping[str, Any]) -> ProviderView:
    known = {"usage": UsageView.model_validate(usage), "circuit": state.get("circuit", "closed"), "retry_at": state.get("retry_at")}
    return view.model_copy(update=known)


def _networks(door: Door) -> Any:
    return door.context.settings.outbound_networks


def _born(tx: Transaction) -> dict[str, Any]:
    return {"created_at": tx.now, "updated_at": tx.now}

"""How the webhook of a source is set up: a mapping, tried on a sample before it is saved, and a way to check who sends."""

from typing import Annotated, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, model_validator
from pydantic_core import to_json

from services.leads import service
from services.leads.api.roles import MANAGERS, SELLERS
from services.leads.models import Mapping, NewProof, Platform, PollTerms, Proof, SealedProof, Webhook
from services.leads.rules.sources.payloads import Item
from services.leads.rules.sources.platform_polls import POLLS
from services.leads.rules.sources.platforms import PLATFORMS
from shared.database import utcnow
from shared.errors import Invalid, NotFound
from shared.events import LeadSubmitted
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Page
from shared.problems import ViolationView
from shared.web import Door

router = APIRouter(tags=["webhooks"])
_MAPPING: dict[str, JsonValue] = {
    "fields": {
        "external_id": "chat.id",
        "person.email": "visitor.email",
        "person.first_name": "visitor.name",
        "interest.need": "chat.topic",
    },
    "attributes": "visitor.answers",
    "set_aside": [{"when": "chat.kind == 'support'", "rule": "not_a_lead", "reason": "a chat about support"}],
}
_SAMPLE: dict[str, JsonValue] = {
    "chat": {"id": "c-17", "kind": "sales", "topic": "quieter pumps"},
    "visitor": {"email": "ana@acme.example", "name": "Ana", "answers": {"When?": "this quarter"}},
}
_SIGNATURES: list[JsonValue] = [
    {"scheme": "hmac", "header": "X-Signature", "prefix": "sha256=", "secret": "a secret that both sides know"},
    {"scheme": "meta", "secret": "the app secret", "verify_token": "any word that the app is told"},
    {"scheme": "standard_webhooks", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
]


class _Chosen(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mapping: Mapping | None = None
    platform: Annotated[Platform | None, Field(description="Instead of a mapping, the ready-made one of a platform")] = None
    sample: Annotated[JsonValue, Field(description="A payload as it will come")]

    def chosen(self) -> Mapping | None:
        return PLATFORMS[self.platform] if self.platform else self.mapping

    def body(self) -> bytes:
        return to_json(self.sample)


class NewMapping(_Chosen):
    model_config = ConfigDict(json_schema_extra={"examples": [{"mapping": _MAPPING, "sample": _SAMPLE}]})

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.mapping is None) == (self.platform is None):
            raise ValueError("must have a mapping or a platform, and not both")
        return self


class Trial(_Chosen):
    """Without a mapping or a platform the saved one is tried."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"platform": "meta", "sample": {"entry": []}}]})


class Tried(BaseModel):
    """What would become of one lead of the sample: submitted, set aside as expected, or refused for its violations."""

    external_id: str | None
    outcome: str
    submission: LeadSubmitted | None = None
    reason: str | None = None
    violations: list[ViolationView] = []

    @classmethod
    def of(cls, item: Item) -> Self:
        refusal = item.refusal
        outcome = "submitted" if refusal is None else "set_aside" if item.set_aside else "refused"
        violations = [ViolationView(field=one.field, rule=one.rule, detail=one.detail) for one in (refusal.violations if refusal else ())]
        reason = refusal.detail if refusal else None
        return cls(external_id=item.external_id, outcome=outcome, submission=item.submission, reason=reason, violations=violations)


class Trials(BaseModel):
    items: list[Tried]


class MappingView(BaseModel):
    """`address` is where the platform is to send to."""

    source: str
    version: int
    mapping: Mapping | None
    address: str
    tried: list[Tried] = []

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        address = f"/sources/{webhook.id}/webhook"
        return cls(source=webhook.id, version=webhook.version, mapping=webhook.mapping, address=address)


class SignatureView(Proof):
    """Without its secrets: they are never shown again."""

    source: str
    version: int
    has_verify_token: bool

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        proof = webhook.proof
        if proof is None:
            raise NotFound(f"The source {webhook.id} has no signature", field="source_id", rule="exists")
        shown = proof.model_dump(exclude={"secret", "verify_token", "set_at"})
        return cls(**shown, source=webhook.id, version=webhook.version, has_verify_token=proof.verify_token is not None)


class PlatformView(BaseModel):
    """`poll` is there if it tells its leads to whoever asks; what stands in braces in its address is to be filled in."""

    platform: Platform
    mapping: Mapping
    poll: PollTerms | None = None


class Platforms(BaseModel):
    items: list[PlatformView]


@router.get("/platforms")
async def list_platforms(door: Door) -> Platforms:
    """The ready-made mappings and polls; one may be taken as it is, or as a beginning of one's own."""
    door.allow(*SELLERS)
    polls = {str(platform): poll for platform, poll in POLLS.items()}
    return Platforms(items=[PlatformView(platform=one, mapping=mapping, poll=polls.get(one)) for one, mapping in PLATFORMS.items()])


@router.get("/sources/{source_id}/mapping", response_model=MappingView)
async def show_mapping(door: Door, source_id: str) -> Response:
    door.allow(*SELLERS)
    return door.answer(MappingView.of(await service.get_webhook(door.db, source_id)))


@router.put("/sources/{source_id}/mapping", response_model=MappingView)
async def set_mapping(door: Door, source_id: str, new: NewMapping) -> Response:
    """Saved only if it reads the sample; answers what it would submit of it."""
    door.allow(*MANAGERS)
    mapping = new.chosen()
    assert mapping is not None
    items = await service.try_mapping(door.db, source_id, mapping, new.body())
    service.expect_readable(items)

    def shown(webhook: Webhook) -> MappingView:
        return MappingView.of(webhook).model_copy(update={"tried": [Tried.of(item) for item in items]})

    return await door.command(lambda tx: service.set_mapping(tx, source_id, mapping, door.expected_version), view=shown)


@router.post("/sources/{source_id}/mapping/try")
async def try_mapping(door: Door, source_id: str, trial: Trial) -> Trials:
    """Changes nothing."""
    door.allow(*MANAGERS)
    mapping = trial.chosen() or (await service.get_webhook(door.db, source_id)).mapping
    if mapping is None:
        raise Invalid(f"The source {source_id} has no mapping yet; send one, or a platform", field="mapping", rule="missing")
    items = await service.try_mapping(door.db, source_id, mapping, trial.body())
    return Trials(items=[Tried.of(item) for item in items])


@router.get("/sources/{source_id}/signature", response_model=SignatureView)
async def show_signature(door: Door, source_id: str) -> Response:
    door.allow(*MANAGERS)
    return door.answer(SignatureView.of(await service.get_webhook(door.db, source_id)))


@router.put("/sources/{source_id}/signature", response_model=SignatureView)
async def set_signature(
    door: Door, source_id: str, proof: Annotated[NewProof, Field(json_schema_extra={"examples": _SIGNATURES})]
) -> Response:
    door.allow(*MANAGERS)
    sealed = _sealed(door, proof)
    return await door.command(lambda tx: service.set_proof(tx, source_id, sealed, door.expected_version), view=SignatureView.of, keep=False)


@router.delete("/sources/{source_id}/signature", status_code=204)
async def remove_signature(door: Door, source_id: str) -> Response:
    """From then on only the source's API key opens its webhook."""
    door.allow(*MANAGERS)
    await door.command(lambda tx: service.set_proof(tx, source_id, None, door.expected_version), view=MappingView.of, status=204)
    return Response(status_code=204)


@router.get("/sources/{source_id}/webhook/history", openapi_extra=HISTORY.described)
async def list_webhook_history(door: Door, request: Request, source_id: str) -> Page[ChangeView]:
    door.allow(*MANAGERS)
    return await history_page(door.db, Webhook.noun, source_id, request.query_params)


def _sealed(door: Door, proof: NewProof) -> SealedProof:
    def seal(secret: SecretStr) -> bytes:
        return door.context.sealer.seal(secret)

    kept = proof.model_dump(exclude={"secret", "verify_token"})
    token = seal(proof.verify_token) if proof.verify_token else None
    return SealedProof(**kept, secret=seal(proof.secret), verify_token=token, set_at=utcnow())

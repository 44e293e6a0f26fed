"""The doors that platforms knock at: open to whoever signs as the source signs, or comes with its API key."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel

from services.leads import service, store
from services.leads.api.roles import expect_own_source
from services.leads.models import SealedProof
from services.leads.rules.sources.signatures import Signed, check_signature, linkedin_challenge, meta_challenge, without_secret
from shared.database import utcnow
from shared.errors import NotFound, Unauthenticated
from shared.principal import SOURCE_PREFIX, Principal
from shared.web import OPEN, Door

router = APIRouter(prefix="/sources/{source_id}/webhook", tags=["webhooks"])
_EXAMPLES: dict[str, Any] = {
    "google": {
        "value": {"lead_id": "TeSt", "user_column_data": [{"column_id": "EMAIL", "string_value": "ana@acme.example"}], "google_key": "…"}
    },
    "any": {"value": {"chat": {"id": "c-17", "topic": "quieter pumps"}, "visitor": {"email": "ana@acme.example"}}},
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Whatever the platform sends; the mapping of the source reads it.",
        "content": {"application/json": {"schema": {}, "examples": _EXAMPLES}},
    }
}
# Meta takes an address for broken that answers anything else.
_ANSWERS = {"meta": 200}


class ReceivedItem(BaseModel):
    """One lead of the payload. `repeated`: it had come before, and is the same submission."""

    submission_id: str
    status: str
    look: str
    repeated: bool
    rule: str | None = None
    reason: str | None = None


class Received(BaseModel):
    items: list[ReceivedItem]


@router.post("", status_code=202, response_model=Received, openapi_extra=OPEN | _BODY)
async def receive_webhook(door: Door, request: Request, source_id: str) -> Response:
    """Every lead in the payload becomes a submission. One that the mapping can't read is kept as a refused one.

    Proof is the signature that the source is set up with, or its API key. 422 when nothing in the payload could be read.
    """
    webhook, body = await store.find_webhook(door.db, source_id), await request.body()
    proof = webhook.proof if webhook else None
    await _admit(door, source_id, proof, Signed(request.method, str(request.url), request.headers, body))
    items = service.read_payload(webhook.mapping if webhook else None, source_id, without_secret(proof, body))
    delivery_id = request.headers.get("webhook-id", "") if proof and proof.scheme == "standard_webhooks" else ""
    payload = service.Payload(source_id, items, door.principal.by, door.origin, delivery_id[:200])
    receipts = await door.context.group_of(service.receive_payloads).submit(payload)
    _expect_some_readable(receipts)
    repeated = all(receipt.repeated for receipt in receipts)
    return door.answer(_received(receipts), status=200 if repeated else _ANSWERS.get(proof.scheme if proof else "", 202))


@router.get("", openapi_extra=OPEN, response_class=Response)
async def answer_challenge(door: Door, request: Request, source_id: str) -> Response:
    """What Meta (`hub.challenge`) and LinkedIn (`challengeCode`) ask of an address before they send to it."""
    webhook = await store.find_webhook(door.db, source_id)
    proof, query = (webhook.proof if webhook else None), request.query_params
    if proof is not None and proof.scheme == "meta" and proof.verify_token is not None:
        return PlainTextResponse(meta_challenge(query, door.context.sealer.open(proof.verify_token)))
    if proof is not None and proof.scheme == "linkedin":
        return JSONResponse(linkedin_challenge(query, door.context.sealer.open(proof.secret)))
    raise NotFound("Nothing answers a challenge here")


async def _admit(door: Door, source_id: str, proof: SealedProof | None, request: Signed) -> None:
    """Says the same of a source that there is not as of one that asks for another proof."""
    if key := request.header("x-api-key"):
        principal = await door.context.api_keys.principal(key)
        door.admit(principal)
        expect_own_source(door, source_id)
        return door.allow("integration", scope="leads")
    if proof is None:
        raise Unauthenticated("Sign the payload as the source is set up to, or send its API key in X-API-Key")
    check_signature(proof, door.context.sealer.open(proof.secret), request, utcnow())
    return door.admit(Principal(SOURCE_PREFIX + source_id, source_id, roles=frozenset({"integration"})))


def _expect_some_readable(receipts: list[service.Receipt]) -> None:
    """Raises what is wrong with the first, if nothing could be read: whoever sent it is to know where it is kept."""
    first = receipts[0]
    if first.refusal is not None and all(receipt.is_unreadable for receipt in receipts):
        refusal, submission_id = first.refusal, first.row["_id"]
        detail = f"{refusal.detail}; it is kept as submission {submission_id}"
        raise type(refusal)(detail, violations=refusal.violations, headers={"location": f"/submissions/{submission_id}"})


def _received(receipts: list[service.Receipt]) -> Received:
    return Received(items=[_item(receipt) for receipt in receipts])


def _item(receipt: service.Receipt) -> ReceivedItem:
    row = receipt.row
    shown = {"submission_id": row["_id"], "status": row["status"], "look": f"/submissions/{row['_id']}", "repeated": receipt.repeated}
    return ReceivedItem(**shown, rule=row.get("rule"), reason=row.get("reason"))

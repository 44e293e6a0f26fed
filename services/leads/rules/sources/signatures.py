"""Whether a payload was sent by whom it says: the schemes of the platforms, and of whoever signs with a shared secret."""

import base64
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic_core import to_json
from standardwebhooks import Webhook as StandardWebhook

from services.leads.models import Proof
from services.leads.rules.sources.payloads import read_json
from shared.errors import Forbidden, NotFound, Refused, Unauthenticated

TOLERANCE_SECONDS = 300
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FIT_TO_ECHO = re.compile(r"[\w.-]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it was signed; the names of `headers` are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")


def check_signature(proof: Proof, secret: str, request: Signed, now: datetime) -> None:
    """Raises Unauthenticated, and does not say what is wrong with a signature: who sends it knows, or should not."""
    try:
        good = _SCHEMES[proof.scheme](proof, secret, request, now)
    except (ValueError, OverflowError, Refused):
        good = False
    if not good:
        raise Unauthenticated("The payload is not signed as its source signs")


def _hmac(proof: Proof, secret: str, request: Signed, now: datetime) -> bool:
    digest = hmac.digest(secret.encode(), request.body, proof.algorithm)
    text = digest.hex() if proof.encoding == "hex" else base64.b64encode(digest).decode()
    said = request.header(proof.header or "")
    return _same(proof.prefix + text, said, fold=proof.encoding == "hex")


def _standard_webhooks(proof: Proof, secret: str, request: Signed, now: datetime) -> bool:
    """By the library's own signature; its own check would look at the clock."""
    sent = datetime.fromtimestamp(int(request.header("webhook-timestamp")), UTC)
    expected = StandardWebhook(secret).sign(msg_id=request.header("webhook-id"), timestamp=sent, data=request.body.decode())
    good = [_same(expected, one) for one in request.header("webhook-signature").split(" ")]
    return bool(request.header("webhook-id")) and any(good) and _is_fresh(sent.timestamp(), now)


def _meta(proof: Proof, secret: str, request: Signed, now: datetime) -> bool:
    return _same(f"sha256={_hex(secret, request.body)}", request.header("x-hub-signature-256"))


def _typeform(proof: Proof, secret: str, request: Signed, now: datetime) -> bool:
    return _same(f"sha256={_base64(secret, request.body)}", request.header("typeform-signature"))


def _linkedin(proof: Proof, secret: str, request: Signed, now: datetime) -> bool:
    """Signed is the body behind a word that says how, and the word may stand before the signature too."""
    said = request.header("x-li-signature").removeprefix(_LINKEDIN)
    return _same(_hex(secret, _LINKEDIN.encode() + request.body), said) or _same(_hex(secret, request.body), said)


def _hubspot(proof: Proof, secret: str, request: Signed, now: datetime) -> bool:
    sent = request.header("x-hubspot-request-timestamp")
    whole = request.method.encode() + (proof.url or request.url).encode() + request.body + sent.encode()
    return _same(_base64(secret, whole), request.header("x-hubspot-signature-v3")) and _is_fresh(int(sent) / 1000, now)


def _calendly(proof: Proof, secret: str, request: Signed, now: datetime) -> bool:
    parts = dict(part.strip().split("=", 1) for part in request.header("calendly-webhook-signature").split(","))
    sent = parts.get("t", "")
    return _same(_hex(secret, sent.encode() + b"." + request.body), parts.get("v1", "")) and _is_fresh(int(sent), now)


def _google(proof: Proof, secret: str, request: Signed, now: datetime) -> bool:
    """Google signs nothing: it sends the key that it was given, in the payload itself."""
    payload = read_json(request.body)
    return isinstance(payload, dict) and _same(secret, str(payload.get("google_key", "")))


_LINKEDIN = "hmacsha256="
_SCHEMES: dict[str, Callable[[Proof, str, Signed, datetime], bool]] = {
    "hmac": _hmac,
    "standard_webhooks": _standard_webhooks,
    "meta": _meta,
    "typeform": _typeform,
    "linkedin": _linkedin,
    "hubspot": _hubspot,
    "calendly": _calendly,
    "google": _google,
}


def meta_challenge(query: Mapping[str, str], verify_token: str) -> str:
    """What to answer when Meta asks whether this address is ours."""
    if query.get("hub.mode") != "subscribe" or not _same(verify_token, query.get("hub.verify_token", "")):
        raise Forbidden("This is not the verify token of the source", field="hub.verify_token", rule="verify_token")
    return _echoed(query.get("hub.challenge", ""), _FIT_TO_ECHO)


def linkedin_challenge(query: Mapping[str, str], secret: str) -> dict[str, str]:
    """Only a UUID is signed: whoever could have other text signed could sign payloads."""
    code = _echoed(query.get("challengeCode", ""), _UUID)
    return {"challengeCode": code, "challengeResponse": _hex(secret, code.encode())}


def _echoed(text: str, form: re.Pattern[str]) -> str:
    if not form.fullmatch(text):
        raise NotFound("There is no challenge in the query")
    return text


def _hex(secret: str, data: bytes) -> str:
    return hmac.digest(secret.encode(), data, "sha256").hex()


def _base64(secret: str, data: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), data, "sha256")).decode()


def _same(expected: str, said: str, *, fold: bool = False) -> bool:
    return hmac.compare_digest((expected.lower() if fold else expected).encode(), (said.lower() if fold else said).encode())


def _is_fresh(sent: float, now: datetime) -> bool:
    """What is older could have been overheard, and is sent again by another."""
    return abs(now.timestamp() - sent) <= TOLERANCE_SECONDS


def without_secret(proof: Proof | None, body: bytes) -> bytes:
    """The payload as it may be kept: Google's carries the secret itself."""
    payload = read_json(body) if proof is not None and proof.scheme == "google" else None
    return to_json({**payload, "google_key": "***"}) if isinstance(payload, dict) and "google_key" in payload else body

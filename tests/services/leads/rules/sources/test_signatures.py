"""A payload is believed if it is signed as its source signs, and nothing else is."""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from services.leads.models import Proof
from services.leads.rules.sources.signatures import Signed, check_signature, linkedin_challenge, meta_challenge, without_secret
from shared.errors import Forbidden, NotFound, Unauthenticated

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECRET = "a secret that both sides know"
STANDARD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
URL = "https://leads.example/sources/x/webhook"
BODY = '{"lead_id":"7","google_key":"a secret that both sides know","name":"Zoë"}'.encode()


def digest(data: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.digest(SECRET.encode(), data, algorithm)


def signed(scheme: str, body: bytes = BODY, at: datetime = NOW) -> dict[str, str]:
    seconds, ms = str(int(at.timestamp())), str(int(at.timestamp() * 1000))
    match scheme:
        case "hmac":
            return {"x-signature": f"sha256={digest(body).hex()}"}
        case "meta":
            return {"x-hub-signature-256": f"sha256={digest(body).hex()}"}
        case "typeform":
            return {"typeform-signature": f"sha256={base64.b64encode(digest(body)).decode()}"}
        case "linkedin":
            return {"x-li-signature": f"hmacsha256={digest(b'hmacsha256=' + body).hex()}"}
        case "hubspot":
            whole = f"POST{URL}".encode() + body + ms.encode()
            return {"x-hubspot-signature-v3": base64.b64encode(digest(whole)).decode(), "x-hubspot-request-timestamp": ms}
        case "calendly":
            return {"calendly-webhook-signature": f"t={seconds},v1={digest(seconds.encode() + b'.' + body).hex()}"}
        case "standard_webhooks":
            signature = Webhook(STANDARD).sign("msg_1", at, body.decode())
            return {"webhook-id": "msg_1", "webhook-timestamp": seconds, "webhook-signature": f"v1,AAAA {signature}"}
    return {}


def proof(scheme: str, **more: Any) -> Proof:
    own = {"header": "X-Signature", "prefix": "sha256="} if scheme == "hmac" else {}
    return Proof.model_validate({"scheme": scheme, **own, **more})


def check(scheme: str, headers: dict[str, str], body: bytes = BODY, now: datetime = NOW, **more: Any) -> None:
    secret = STANDARD if scheme == "standard_webhooks" else SECRET
    check_signature(proof(scheme, **more), secret, Signed("POST", more.get("url", URL), headers, body), now)


SCHEMES = ["hmac", "meta", "typeform", "linkedin", "hubspot", "calendly", "standard_webhooks", "google"]
DATED = ["hubspot", "calendly", "standard_webhooks"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_signed_as_the_source_signs_is_believed(scheme: str) -> None:
    check(scheme, signed(scheme))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_was_changed_on_the_way_is_not(scheme: str) -> None:
    other = BODY.replace(b"both", b"some")
    with pytest.raises(Unauthenticated):
        check(scheme, signed(scheme), other)


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme != "google"])
@pytest.mark.parametrize("junk", [None, "", "sha256=", "v1,%%%", "t=,v1=", "t=x,v1=y", "é", ",,,", "v1"])
def test_junk_in_place_of_a_signature_is_no_signature(scheme: str, junk: str | None) -> None:
    headers = {} if junk is None else dict.fromkeys(signed(scheme), junk)
    with pytest.raises(Unauthenticated):
        check(scheme, headers)


@pytest.mark.parametrize("scheme", DATED)
@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_what_was_overheard_and_is_sent_again_later_is_not_believed(scheme: str, late: timedelta) -> None:
    with pytest.raises(Unauthenticated):
        check(scheme, signed(scheme), now=NOW + late)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"google_key": 7}'])
def test_a_body_without_the_key_of_google_is_not_believed(body: bytes) -> None:
    with pytest.raises(Unauthenticated):
        check("google", {}, body)


def test_the_key_in_the_payload_of_google_is_not_kept() -> None:
    kept = without_secret(proof("google"), BODY)
    assert SECRET.encode() not in kept
    assert b'"lead_id":"7"' in kept
    assert without_secret(proof("meta"), BODY) == BODY


def test_an_address_that_a_proxy_changes_is_signed_as_the_platform_was_given_it() -> None:
    request = Signed("POST", "http://10.0.0.7:8101/sources/x/webhook", signed("hubspot"), BODY)
    check_signature(proof("hubspot", url=URL), SECRET, request, NOW)
    with pytest.raises(Unauthenticated):
        check_signature(proof("hubspot"), SECRET, request, NOW)


@pytest.mark.parametrize(("algorithm", "encoding"), [("sha1", "hex"), ("sha512", "hex"), ("sha256", "base64")])
def test_a_source_may_sign_in_its_own_header_and_way(algorithm: str, encoding: str) -> None:
    said = digest(BODY, algorithm)
    text = said.hex().upper() if encoding == "hex" else base64.b64encode(said).decode()
    check("hmac", {"x-mine": text}, header="X-Mine", prefix="", algorithm=algorithm, encoding=encoding)


def test_meta_is_answered_only_when_it_knows_the_word() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "the word", "hub.challenge": "1158201444"}
    assert meta_challenge(query, "the word") == "1158201444"
    with pytest.raises(Forbidden):
        meta_challenge(query, "another word")
    with pytest.raises(NotFound):
        meta_challenge(query | {"hub.challenge": "<script>"}, "the word")


def test_linkedin_is_answered_with_a_signature_of_nothing_but_a_uuid() -> None:
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    assert linkedin_challenge({"challengeCode": code}, SECRET) == {"challengeCode": code, "challengeResponse": digest(code.encode()).hex()}
    with pytest.raises(NotFound):
        linkedin_challenge({"challengeCode": 'hmacsha256={"leadGenFormResponse":"x"}'}, SECRET)

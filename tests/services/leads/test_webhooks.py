"""Any JSON at the webhook of a source: believed when it is signed, read by its mapping, kept with its fate, taken once."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from services.leads.main import service
from services.leads.service.policies import forget_policy
from shared.api_keys import NewKey, issue_key
from shared.database import Database, utcnow
from shared.events import LeadCaptured, LeadSubmitted
from tests.conftest import DatabaseOf
from tests.road import SECRET_KEY, api_client, said
from tests.services.leads.builders import admin, fresh, heard, leads_of, of, told
from tests.services.leads.rules.sources.test_payloads import sample

SECRET = "a secret that both sides know"
SIGNED = {"scheme": "hmac", "header": "X-Hub-Signature-256", "prefix": "sha256="}
HOOK = "/sources/chat/webhook"
MAPPING = {"items": "leads || [@]", "fields": {"external_id": "id", "person.email": "mail", "interest.need": "need"}}


@pytest.fixture
async def db(database_of: DatabaseOf) -> AsyncIterator[Database]:
    database = await fresh(database_of)
    yield database
    forget_policy(database)


def outsider(db: Database) -> httpx.AsyncClient:
    return api_client(service, db, signed_in=False)


async def set_up(db: Database, source: str = "chat", *, mapping: Any = MAPPING, sent: Any = None, **proof: Any) -> None:
    chosen = {"platform": mapping} if isinstance(mapping, str) else {"mapping": mapping}
    signature = {"secret": SECRET, **(proof if "scheme" in proof else SIGNED)}
    async with admin(db) as client:
        if (await client.get(f"/sources/{source}")).status_code == 404:
            await told(client, "POST", "/sources", {"id": source, "name": source, "kind": "ad_platform"}, expect=201)
        await told(client, "PUT", f"/sources/{source}/mapping", {**chosen, "sample": sent or {"id": 1, "mail": "a@x.example"}})
        await told(client, "PUT", f"/sources/{source}/signature", signature)


async def send(db: Database, payload: Any, *, path: str = HOOK, expect: int = 202, secret: str = SECRET) -> Any:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = {"x-hub-signature-256": f"sha256={hmac.digest(secret.encode(), body, 'sha256').hex()}"}
    async with outsider(db) as client:
        answer = await client.post(path, content=body, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer.json() | {"location": answer.headers.get("location")}


async def fates(db: Database) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await db.collection("submissions").find().sort("_id", 1).to_list(None)
    return rows


async def test_a_signed_payload_becomes_a_lead_of_its_source(db: Database) -> None:
    await set_up(db)
    (item,) = (await send(db, {"id": 7, "mail": "ana@acme.example", "need": "quiet", "more": 1}))["items"]
    (submitted,) = await said(db)
    (captured, *_) = await heard(db, submitted)
    (fate,) = await fates(db)
    assert isinstance(submitted, LeadSubmitted)
    assert (submitted.source, submitted.external_id, submitted.interest.need) == ("chat", "7", "quiet")
    assert (item["status"], item["submission_id"], item["repeated"]) == ("pending", captured.submission_id, False)
    assert (fate["status"], fate["lead_id"], fate["by"]) == ("captured", captured.lead_id, "source:chat")
    assert json.loads(fate["raw"])["more"] == 1


async def test_without_proof_nothing_is_taken_or_told(db: Database) -> None:
    await set_up(db)
    payload = {"id": 7, "mail": "ana@acme.example"}
    other = await db.transact(lambda tx: issue_key(tx, NewKey(name="web")))
    ours = await db.transact(lambda tx: issue_key(tx, NewKey(name="chat", scopes=["engagements"])))
    async with outsider(db) as client:
        unsigned = [
            await told(client, "POST", path, payload, expect=401) for path in (HOOK, "/sources/mail/webhook", "/sources/no/webhook")
        ]
        refused = await told(client, "POST", HOOK, payload, expect=403, headers={"x-api-key": other.key})
        await told(client, "POST", HOOK, payload, expect=403, headers={"x-api-key": ours.key})
        await told(client, "POST", HOOK, payload, expect=401, headers={"x-api-key": "dw_nonsense"})
        await told(client, "GET", "/sources/chat/mapping", expect=401)
    await send(db, payload, secret="another secret", expect=401)
    assert refused["detail"] == "This key is for the source web"
    assert {problem["type"] for problem in unsigned} == {"urn:dealwire:problem:unauthenticated"}
    assert await fates(db) == []


async def test_the_key_of_the_source_opens_its_webhook_too(db: Database) -> None:
    await set_up(db)
    key = await db.transact(lambda tx: issue_key(tx, NewKey(name="chat")))
    async with outsider(db) as client:
        await told(client, "POST", HOOK, {"id": 7, "mail": "ana@acme.example"}, expect=202, headers={"x-api-key": key.key})
    assert len(await said(db)) == 1


async def test_the_same_id_of_the_platform_is_the_same_submission_however_often_it_comes(db: Database) -> None:
    await set_up(db)
    first = (await send(db, {"id": 7, "mail": "ana@acme.example"}))["items"][0]
    again = (await send(db, {"id": 7, "mail": "ana@acme.example", "sent": "again"}, expect=200))["items"][0]
    at_once = await asyncio.gather(*(send_somehow(db, {"id": 8, "mail": "ben@x.example"}) for _ in range(6)))
    assert (again["submission_id"], again["repeated"]) == (first["submission_id"], True)
    assert len({answer["items"][0]["submission_id"] for answer in at_once}) == 1
    assert len(of(LeadSubmitted, await said(db))) == len(await fates(db)) == 2


async def send_somehow(db: Database, payload: Any) -> Any:
    """Each through a process of its own; the first gets 202, the others 200."""
    body = json.dumps(payload).encode()
    async with outsider(db) as client:
        headers = {"x-hub-signature-256": f"sha256={hmac.digest(SECRET.encode(), body, 'sha256').hex()}"}
        answer = await client.post(HOOK, content=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


async def test_what_has_no_id_is_known_again_by_its_bytes(db: Database) -> None:
    await set_up(db)
    first = (await send(db, {"mail": "ana@acme.example"}))["items"][0]
    again = (await send(db, {"mail": "ana@acme.example"}, expect=200))["items"][0]
    await send(db, {"mail": "ana@acme.example", "need": "another"})
    assert again["submission_id"] == first["submission_id"]
    kept = await db.collection("webhook_receipts").find().to_list(None)
    assert all(row["expires_at"] > utcnow() for row in kept)


async def test_several_leads_in_one_payload_are_several_submissions_each_with_its_fate(db: Database) -> None:
    await set_up(db)
    leads = [{"id": 1, "mail": "a@x.example"}, {"id": 2, "mail": {"no": "text"}}, {"id": 3, "mail": "c@x.example"}]
    items = (await send(db, {"leads": leads}))["items"]
    await heard(db, *await said(db))
    assert [(item["status"], item["rule"]) for item in items] == [("pending", None), ("refused", "scalar"), ("pending", None)]
    assert [fate["status"] for fate in await fates(db)] == ["captured", "refused", "captured"]
    assert json.loads((await fates(db))[1]["raw"]) == leads[1]
    assert {lead["external_id"] for lead in await leads_of(db)} == {"1", "3"}


async def test_what_the_mapping_cannot_read_is_a_problem_and_is_kept_to_be_replayed(db: Database) -> None:
    await set_up(db)
    problem = await send(db, {"id": 7, "email": "ana@acme.example"}, expect=422)
    assert (problem["violations"][0]["field"], problem["violations"][0]["rule"]) == ("person", "identity_required")
    path = problem["location"]
    async with admin(db) as client:
        kept = await told(client, "GET", path)
        assert (await client.get(f"{path}/payload")).json() == {"id": 7, "email": "ana@acme.example"}
        await told(client, "POST", f"{path}/replay", expect=422)
        mended = {**MAPPING, "fields": {**MAPPING["fields"], "person.email": "mail || email"}}  # type: ignore[dict-item]
        await told(client, "PUT", "/sources/chat/mapping", {"mapping": mended, "sample": {"email": "a@x.example"}})
        replayed = await told(client, "POST", f"{path}/replay", expect=202)
        (captured, *_) = await heard(db, *await said(db))
        after = await told(client, "GET", path)
        (row,) = (await told(client, "GET", f"{path}/history"))["items"]
    assert (kept["status"], kept["field"], kept["external_id"]) == ("refused", "person", "7")
    assert (replayed["status"], after["status"], after["tries"]) == ("pending", "captured", 1)
    assert f"/submissions/{captured.submission_id}" == path
    assert row["before"]["rule"] == "identity_required"
    assert (await send(db, {"id": 7, "email": "ana@acme.example"}, expect=200))["items"][0]["status"] == "captured"


async def test_a_payload_that_is_sent_again_unreadable_is_kept_once(db: Database) -> None:
    await set_up(db)
    problems = [await send(db, b"not json", expect=400) for _ in range(3)]
    assert {problem["violations"][0]["rule"] for problem in problems} == {"json"}
    (fate,) = await fates(db)
    assert (fate["raw"], fate["whole"], fate["status"]) == (b"not json", True, "refused")


async def test_before_there_is_a_mapping_what_comes_is_kept_and_later_replayed_lead_by_lead(db: Database) -> None:
    key = await db.transact(lambda tx: issue_key(tx, NewKey(name="chat")))
    payload = {"leads": [{"id": 1, "mail": "a@x.example"}, {"id": 2, "mail": "b@x.example"}]}
    async with outsider(db) as client:
        problem = await told(client, "POST", HOOK, payload, expect=422, headers={"x-api-key": key.key})
    assert (problem["violations"][0]["field"], problem["violations"][0]["rule"]) == ("mapping", "missing")
    (fate,) = await fates(db)
    await set_up(db)
    async with admin(db) as client:
        await told(client, "POST", f"/submissions/{fate['_id']}/replay", expect=202)
    captured = of(LeadCaptured, await heard(db, *await said(db)))
    assert len(captured) == 2
    assert fate["_id"] in {event.submission_id for event in captured}
    assert [one["status"] for one in await fates(db)] == ["captured", "captured"]


async def test_meta_names_a_lead_and_a_connector_relays_its_fields_for_the_same_submission(db: Database) -> None:
    await set_up(db, "facebook", mapping="meta", scheme="meta", sent=json.loads(sample("meta_relayed")))
    path = "/sources/facebook/webhook"
    named = (await send(db, sample("meta"), path=path, expect=200))["items"]
    assert [(item["status"], item["rule"]) for item in named] == [("refused", "fields_not_sent")] * 2
    assert "fetch" in named[0]["reason"]
    assert await said(db) == []
    relayed = (await send(db, sample("meta_relayed"), path=path, expect=200))["items"]
    assert [item["submission_id"] for item in relayed] == [item["submission_id"] for item in named]
    await heard(db, *await said(db))
    assert {lead["external_id"] for lead in await leads_of(db)} == {"123123123123", "123123123124"}
    assert [fate["status"] for fate in await fates(db)] == ["captured", "captured"]
    repeated = (await send(db, sample("meta"), path=path, expect=200))["items"]
    assert [(item["status"], item["repeated"]) for item in repeated] == [("captured", True)] * 2


async def test_the_key_that_google_sends_along_is_proof_and_is_not_kept(db: Database) -> None:
    payload = json.loads(sample("google"))
    await set_up(db, "google-ads", mapping="google", scheme="google", sent=payload, secret=payload["google_key"])
    async with outsider(db) as client:
        await told(client, "POST", "/sources/google-ads/webhook", payload, expect=202)
        await told(client, "POST", "/sources/google-ads/webhook", payload | {"google_key": "guessed"}, expect=401)
    (captured, *_) = await heard(db, *await said(db))
    assert captured.person.email == "ana.silva@acme.example"
    assert payload["google_key"].encode() not in (await fates(db))[0]["raw"]


async def test_a_delivery_signed_by_the_standard_is_known_again_by_its_id(db: Database) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    await set_up(db, scheme="standard_webhooks", secret=secret)
    now = utcnow()

    async def deliver(payload: dict[str, Any], expect: int) -> None:
        body = json.dumps(payload)
        signature = Webhook(secret).sign("msg_1", now, body)
        headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
        async with outsider(db) as client:
            assert (await client.post(HOOK, content=body, headers=headers)).status_code == expect

    await deliver({"mail": "ana@acme.example"}, 202)
    await deliver({"mail": "ana@acme.example", "attempt": 2}, 200)
    assert len(await fates(db)) == 1


@pytest.mark.parametrize("secret", ["whsec_!!!", "a secret that both sides know", "whsec_MfKQ-8GKYqrTwjUPD8IL_ZIo2LaLaSw", "whsec_MfKQ9"])
async def test_a_key_that_the_standard_could_not_read_is_refused_before_anybody_signs_with_it(db: Database, secret: str) -> None:
    async with admin(db) as client:
        proof = {"scheme": "standard_webhooks", "secret": secret}
        problem = await told(client, "PUT", "/sources/chat/signature", proof, expect=422)
    assert "base64" in problem["violations"][0]["detail"]
    assert secret not in str(problem)


async def test_a_mark_of_its_encoding_before_the_payload_is_passed_over(db: Database) -> None:
    await set_up(db)
    await send(db, b'\xef\xbb\xbf{"id": 7, "mail": "ana@acme.example"}')
    assert [row["status"] for row in await fates(db)] == ["pending"]


async def test_platforms_that_ask_first_are_answered(db: Database) -> None:
    await set_up(db, "facebook", mapping="meta", sent=json.loads(sample("meta")), scheme="meta", verify_token="the word of the app")
    await set_up(db, "linkedin", mapping="linkedin", sent=json.loads(sample("linkedin")), scheme="linkedin")
    await set_up(db)
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "the word of the app"}
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    async with outsider(db) as client:
        meta = await client.get("/sources/facebook/webhook", params=asked)
        wrong = await client.get("/sources/facebook/webhook", params=asked | {"hub.verify_token": "guessed"})
        linkedin = await client.get("/sources/linkedin/webhook", params={"challengeCode": code})
        nothing = [await client.get(path) for path in (HOOK, "/sources/no/webhook", "/sources/linkedin/webhook")]
    assert (meta.status_code, meta.text, wrong.status_code) == (200, "1158201444", 403)
    assert linkedin.json()["challengeResponse"] == hmac.digest(SECRET.encode(), code.encode(), "sha256").hex()
    assert [answer.status_code for answer in nothing] == [404] * 3


async def test_the_terms_of_a_source_hold_at_its_webhook(db: Database) -> None:
    await set_up(db)
    async with admin(db) as client:
        await told(client, "PATCH", "/sources/chat", {"allowed_fields": ["person"], "limits": {"per_day": 1}})
        await send(db, {"id": 1, "mail": "ana@acme.example", "need": "quiet"})
        await send(db, {"id": 2, "mail": "ben@acme.example"}, expect=429)
        await told(client, "PATCH", "/sources/chat", {"active": False, "off_reason": "moved to another tool"})
        problem = await send(db, {"id": 3, "mail": "cy@acme.example"}, expect=403)
    await heard(db, *await said(db))
    (fate,) = await fates(db)
    assert fate["dropped"] == ["interest.need"]
    assert "moved to another tool" in problem["detail"]


async def test_a_mapping_is_tried_on_a_sample_and_not_saved_before_it_reads_it(db: Database) -> None:
    broken = {"fields": {"person.email": "adress"}}
    sent = {"address": "ana@acme.example"}
    async with admin(db) as client:
        problem = await told(client, "PUT", "/sources/chat/mapping", {"mapping": broken, "sample": sent}, expect=422)
        tried = await told(client, "POST", "/sources/chat/mapping/try", {"mapping": broken, "sample": sent})
        assert (await told(client, "GET", "/sources/chat/mapping"))["mapping"] is None
        await told(client, "POST", "/sources/chat/mapping/try", {"sample": sent}, expect=422)
        good = {"fields": {"person.email": "address"}}
        saved = await told(client, "PUT", "/sources/chat/mapping", {"mapping": good, "sample": sent}, headers={"if-match": '"0"'})
        await told(client, "PUT", "/sources/chat/mapping", {"mapping": good, "sample": sent}, headers={"if-match": '"0"'}, expect=412)
        again = await told(client, "POST", "/sources/chat/mapping/try", {"sample": sent})
        await told(client, "PUT", "/sources/nowhere/mapping", {"mapping": good, "sample": sent}, expect=404)
        await told(client, "PUT", "/sources/chat/mapping", {"mapping": good, "platform": "meta", "sample": sent}, expect=422)
    assert problem["violations"][0]["field"] == "person"
    assert (tried["items"][0]["outcome"], tried["items"][0]["violations"][0]["rule"]) == ("refused", "identity_required")
    assert (saved["version"], saved["address"], saved["mapping"]["fields"]) == (1, HOOK, good["fields"])
    assert saved["tried"][0]["submission"]["person"]["email"] == "ana@acme.example"
    assert again["items"][0]["outcome"] == "submitted"
    assert await fates(db) == []


async def test_a_secret_is_sealed_and_never_shown_again(db: Database) -> None:
    await set_up(db, scheme="meta", verify_token="the word of the app")
    async with admin(db) as client:
        shown = await client.get("/sources/chat/signature")
        history = await client.get("/sources/chat/webhook/history")
        row = str(await db.collection("webhooks").find_one({"_id": "chat"}))
        changes = str(await db.collection("history").find({"of": "webhook"}).to_list(None))
        for text in (shown.text, history.text, row, changes):
            assert SECRET not in text
            assert "the word of the app" not in text
        assert (shown.json()["scheme"], shown.json()["has_verify_token"]) == ("meta", True)
        assert "gAAAA" in row
        assert "gAAAA" not in history.text + changes
        await told(client, "DELETE", "/sources/chat/signature", expect=204)
        await told(client, "GET", "/sources/chat/signature", expect=404)
        await told(client, "PUT", "/sources/chat/signature", {"scheme": "hmac", "secret": SECRET}, expect=422)
    await send(db, {"id": 7, "mail": "ana@acme.example"}, expect=401)


async def test_the_ready_made_mappings_are_shown(db: Database) -> None:
    async with admin(db) as client:
        listed = (await told(client, "GET", "/platforms"))["items"]
        document = await told(client, "GET", "/openapi.json")
    assert [one["platform"] for one in listed] == ["calendly", "google", "hubspot", "linkedin", "meta", "typeform"]
    webhook = document["paths"]["/sources/{source_id}/webhook"]["post"]
    assert webhook["security"] == []
    assert webhook["requestBody"]["content"]["application/json"]["examples"]
    assert document["components"]["schemas"]["NewSource"]["examples"]
    assert SECRET_KEY not in str(document)

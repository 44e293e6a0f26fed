"""What every request meets before it reaches a door: proof of who asks, ids, headers, measures, and the doors that all services have."""

import json

import httpx
import pytest

from shared.cloudevents import encode
from shared.database import utcnow
from shared.events import Envelope, catalogue
from tests.contracts.generate import FOLDER
from tests.contracts.story import SAMPLES
from tests.shared.web.booth import Booth
from tests.tokens import signed_token

GOOD = {"buyer": {"email": "ana@example.com"}}


@pytest.mark.parametrize("path", ["/orders", "/metrics", "/openapi.json", "/api-keys", "/nothing/here", "/health", "/health/live/more"])
async def test_every_door_but_health_wants_proof(booth: Booth, path: str) -> None:
    answer = await booth.bare().get(path)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("topic", catalogue())
async def test_what_ce_dataschema_names_is_there_for_all(booth: Booth, topic: str) -> None:
    headers = dict(encode(SAMPLES[topic].in_envelope(Envelope("e", "/tests", utcnow(), "c"))).headers)
    answer = await booth.bare().get(headers["ce_dataschema"].decode())

    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == json.loads((FOLDER / f"{topic}.schema.json").read_text())


async def test_a_topic_without_a_contract_is_not_found(booth: Booth) -> None:
    answer = await booth.bare().get("/contracts/lead.forgotten.json")

    assert answer.status_code == 404
    assert answer.json()["violations"][0]["rule"] == "exists"


async def test_proof_is_asked_for_before_anything_is_read(booth: Booth) -> None:
    malformed = await booth.bare().post("/orders", content=b"{", headers={"content-type": "application/json"})
    huge = await booth.bare().post("/imports/orders", content=b"x" * 4_000_000)

    assert (malformed.status_code, huge.status_code) == (401, 401)


@pytest.mark.parametrize(
    "proof", ["Bearer", "Bearer ", "Basic YTpi", "Bearer not.a.token", "bearer " + "x" * 9_000, "Bearer eyJhbGciOiJub25lIn0.e30."]
)
async def test_a_bad_proof_is_no_proof(booth: Booth, proof: str) -> None:
    answer = await booth.bare(authorization=proof).get("/orders")

    assert answer.status_code == 401


async def test_an_open_door_is_open_for_its_own_method_only(booth: Booth) -> None:
    assert (await booth.bare().get("/welcome")).status_code == 200
    assert (await booth.bare().post("/welcome")).status_code == 401


async def test_a_role_that_is_not_named_does_not_get_in(booth: Booth) -> None:
    answer = await booth.client("agent").post("/orders", json=GOOD)

    assert answer.status_code == 403
    assert "rep" in answer.json()["detail"]


async def test_ids_that_come_along_are_kept_and_others_made(booth: Booth) -> None:
    named = await booth.client().get("/orders", headers={"x-request-id": "req-1", "x-correlation-id": "walk:7"})
    unnamed = await booth.client().get("/orders")
    strange = await booth.client().get("/orders", headers={"x-request-id": "a b\tc" * 50, "x-correlation-id": '"><script>'})

    assert (named.headers["x-request-id"], named.headers["x-correlation-id"]) == ("req-1", "walk:7")
    assert unnamed.headers["x-correlation-id"] == unnamed.headers["x-request-id"]
    assert len(strange.headers["x-request-id"]) == len(unnamed.headers["x-request-id"]) == 36
    assert "script" not in strange.headers["x-correlation-id"]


@pytest.mark.parametrize("path", ["/health/live", "/orders", "/nothing", "/broken/bug"])
async def test_every_answer_tells_browsers_to_be_careful(booth: Booth, path: str) -> None:
    headers = (await booth.client().get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


async def test_health_tells_whether_the_process_is_ready(booth: Booth) -> None:
    ready = await booth.bare().get("/health/ready")
    booth.is_ready = False
    unready = await booth.bare().get("/health/ready")
    live = await booth.bare().get("/health/live")

    assert (ready.status_code, unready.status_code, live.status_code) == (200, 503, 200)
    assert ready.json() == unready.json() == {"parked": 0}


async def test_metrics_count_requests_by_the_template_of_their_path(booth: Booth) -> None:
    await booth.client().get("/orders/some-id")
    await booth.client().get("/a/path/of/nothing")

    metrics = (await booth.client("admin").get("/metrics")).text

    assert 'dealwire_http_request_seconds_count{method="GET",route="/orders/{order_id}",status="404"}' in metrics
    assert 'route="none",status="404"' in metrics
    assert "some-id" not in metrics


async def test_metrics_are_for_those_who_may_read_them(booth: Booth) -> None:
    scraped = Booth(booth.db, metrics_token="scrape-me")

    async def status(client: httpx.AsyncClient, path: str = "/metrics") -> int:
        return (await client.get(path)).status_code

    assert await status(scraped.client("rep")) == 403
    assert await status(scraped.client("admin")) == 200
    assert await status(scraped.bare(authorization="Bearer scrape-me")) == 200
    assert await status(scraped.bare(authorization="Bearer scrape-me"), "/orders") == 401
    assert await status(booth.bare(authorization="Bearer scrape-me")) == 401


async def test_openapi_tells_the_proofs_the_errors_and_the_headers_of_commands(booth: Booth) -> None:
    document = (await booth.client().get("/openapi.json")).json()

    post = document["paths"]["/orders"]["post"]
    assert document["openapi"].startswith("3.1")
    assert document["info"] == {"title": "Dealwire booth", "version": "1.2.3"}
    assert set(document["components"]["securitySchemes"]) == {"token", "apiKey"}
    assert post["responses"]["default"]["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert {one["name"] for one in post["parameters"]} == {"Idempotency-Key", "If-Match"}
    assert post["requestBody"]["content"]["application/json"]["example"]["buyer"]["email"] == "ana.silva@acme.example"
    assert {"400", "401", "403", "409", "412", "422"} <= set(post["responses"])
    assert document["paths"]["/health/live"]["get"]["security"] == []
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert document == (await booth.client().get("/openapi.json")).json()


async def test_openapi_tells_what_a_list_may_be_asked(booth: Booth) -> None:
    document = (await booth.client().get("/openapi.json")).json()

    asked = {one["name"]: one["schema"] for one in document["paths"]["/orders"]["get"]["parameters"]}
    assert set(asked) == {
        *("sort", "limit", "cursor", "email", "due", "due__gte", "due__lte", "amount", "amount__gte", "amount__lte"),
        *("age", "age__gte", "age__lte"),
    }
    assert asked["sort"]["enum"] == ["amount", "-amount", "due", "-due"]


async def test_records_are_seen_by_their_owner_the_team_and_those_who_see_everything(booth: Booth) -> None:
    rows = [("1", "ana", "north"), ("2", "bob", "north"), ("3", "cyd", "south")]
    await booth.db.collection("orders").insert_many(
        [{"_id": i, "version": 1, "email": "e", "amount": 1, "due": None, "owner_id": owner, "team_id": team} for i, owner, team in rows]
    )

    async def seen(client: httpx.AsyncClient) -> set[str]:
        return {row["id"] for row in (await client.get("/orders")).json()["items"]}

    assert await seen(booth.client("rep", subject="ana")) == {"1"}
    assert await seen(booth.client("rep", subject="ana", teams=("north",))) == {"1", "2"}
    assert await seen(booth.client("manager", subject="dan", teams=("south",))) == {"3"}
    assert await seen(booth.client("manager", subject="dan", teams=("*",))) == {"1", "2", "3"}
    assert await seen(booth.client("agent", subject="eve")) == {"1", "2", "3"}
    assert await seen(booth.bare(authorization=f"Bearer {signed_token(subject='ana', roles=('emperor',))}")) == {"1"}

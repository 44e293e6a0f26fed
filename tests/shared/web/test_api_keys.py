"""API keys: shown once, kept as a hash, good until they are revoked."""

from hashlib import sha256

import pytest

from tests.shared.web.booth import Booth

GOOD = {"buyer": {"email": "ana@example.com"}}


async def test_a_key_is_shown_once_and_lets_its_source_in(booth: Booth) -> None:
    issued = (await booth.client("admin").post("/api-keys", json={"name": "web-shop"})).json()

    answer = await booth.bare(x_api_key=issued["key"]).post("/orders", json=GOOD)
    listed = (await booth.client("admin").get("/api-keys")).json()["items"]
    change = await booth.db.collection("history").find_one({"of": "order"})

    assert answer.status_code == 201
    assert change["by"] == "source:web-shop"
    assert listed == [{name: value for name, value in issued.items() if name != "key"}]


async def test_only_its_hash_is_kept(booth: Booth) -> None:
    issued = await booth.client("admin").post("/api-keys", json={"name": "web-shop"}, headers={"idempotency-key": "k1"})

    key = issued.json()["key"]
    kept = [
        row for name in ("api_keys", "idempotency", "history", "outbox") for row in await booth.db.collection(name).find().to_list(None)
    ]

    assert key not in str(kept)
    assert sha256(key.encode()).hexdigest() in str(kept)


async def test_a_revoked_key_lets_nobody_in(booth: Booth) -> None:
    admin = booth.client("admin")
    issued = (await admin.post("/api-keys", json={"name": "web-shop"})).json()
    source = booth.bare(x_api_key=issued["key"])
    assert (await source.post("/orders", json=GOOD)).status_code == 201

    revoked = [await admin.delete(f"/api-keys/{issued['id']}") for _ in range(2)]

    assert [answer.status_code for answer in revoked] == [204, 204]
    assert (await source.post("/orders", json=GOOD)).status_code == 401
    assert (await admin.get("/api-keys")).json()["items"][0]["revoked_at"] is not None


async def test_a_key_with_scopes_opens_only_their_doors(booth: Booth) -> None:
    async def status(*scopes: str) -> int:
        issued = (await booth.client("admin").post("/api-keys", json={"name": "shop", "scopes": scopes})).json()
        return (await booth.bare(x_api_key=issued["key"]).post("/orders", json=GOOD)).status_code

    assert [await status(), await status("orders"), await status("leads")] == [201, 201, 403]


@pytest.mark.parametrize("key", ["", "dw_", "dw_" + "x" * 43, "dw_" + "é" * 43, "$ne"])
async def test_a_key_of_nobody_lets_nobody_in(booth: Booth, key: str) -> None:
    answer = await booth.bare().get("/orders", headers=[(b"x-api-key", key.encode("latin-1"))])

    assert answer.status_code == 401


async def test_keys_are_the_admins_affair(booth: Booth) -> None:
    issued = (await booth.client("admin").post("/api-keys", json={"name": "web-shop"})).json()
    for client in (booth.client("manager"), booth.bare(x_api_key=issued["key"])):
        answers = [await client.get("/api-keys"), await client.post("/api-keys", json={"name": "x"}), await client.delete("/api-keys/1")]

        assert [answer.status_code for answer in answers] == [403, 403, 403]


async def test_a_source_is_named_by_a_slug_and_a_key_that_is_not_there_not_found(booth: Booth) -> None:
    admin = booth.client("admin")

    bad = await admin.post("/api-keys", json={"name": "Web Shop", "scopes": ["UP"]})

    assert {one["field"] for one in bad.json()["violations"]} == {"name", "scopes.0"}
    assert (await admin.delete("/api-keys/none")).status_code == 404

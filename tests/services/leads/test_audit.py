"""What people change is audited, each by the command itself; what comes in by itself is not."""

from typing import Any

from pymongo import AsyncMongoClient

from services.leads.main import service
from shared.database import Database
from tests.conftest import DatabaseOf
from tests.road import api_client, hear_raw, raw
from tests.services.leads.builders import admin, carried, fresh, rep, submission, the_lead, told

Row = dict[str, Any]


async def audited(db: Database, query: str = "") -> list[Row]:
    async with admin(db) as client:
        items: list[Row] = (await told(client, "GET", f"/audit?sort=at&{query}"))["items"]
    return items


async def test_leads_that_come_by_themselves_are_not_audited(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(), submission())
    assert await audited(db) == []


async def test_every_command_of_people_says_who_changed_what_from_what_to_what(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission())
    await hear_raw(service, db, raw("lead.submitted", b"{}"))
    lead = await the_lead(db)
    async with admin(db) as client:
        await told(client, "POST", "/masking", {"hidden": {"rep": ["money"]}}, expect=201)
        await told(client, "POST", "/masking/1/activate")
        await told(
            client, "POST", "/routing", {"rules": [{"name": "a", "text": "a", "expression": "true", "team_id": "world"}]}, expect=201
        )
        await told(client, "PATCH", "/sources/web", {"kind": "chat"})
        await told(client, "PATCH", "/reps/ana", {"available": False, "name": "Ana Silva"})
        await told(client, "POST", f"/leads/{lead['_id']}/assign", {"owner_id": "fay", "reason": "knows Mrs Silva"})
        await told(client, "POST", f"/leads/{lead['_id']}/disqualify", {"reason": "Ana said so"})
        (parked,) = (await told(client, "GET", "/parked"))["items"]
        await told(client, "PATCH", f"/parked/{parked['id']}", {"value": "{}"})
        await told(client, "POST", f"/parked/{parked['id']}/discard", {"reason": "nobody"})
        await told(client, "POST", "/sources/web/keys", {}, expect=201)
        await told(client, "POST", "/erasures", {"lead_id": lead["_id"], "reason": "case 17"})
    rows = await audited(db)
    assert [(row["of"], row["what"]) for row in rows] == [
        *[("masking", "drafted"), ("masking", "activated"), ("routing", "drafted"), ("source", "changed"), ("rep", "changed")],
        *[("lead", "assigned"), ("lead", "disqualified"), ("parked", "edited"), ("parked", "discarded"), ("api_key", "issued")],
        *[("lead", "erased"), ("erasure", "erased")],
    ]
    assert {row["by"] for row in rows} == {"user:ana"}
    by_what = {(row["of"], row["what"]): row for row in rows}
    rep_changed, assigned = by_what["rep", "changed"], by_what["lead", "assigned"]
    assert (rep_changed["fields"], rep_changed["before"], rep_changed["after"]) == (
        ["available", "name"],
        {"available": True},
        {"available": False},
    )
    assert (assigned["before"]["owner_id"], assigned["after"]["owner_id"], assigned["why"]) == (lead["owner_id"], "fay", None)
    assert (by_what["erasure", "erased"]["why"], by_what["source", "changed"]["after"]) == ("case 17", {"kind": "chat"})
    assert "Silva" not in str(rows)
    assert await db.collection("history").count_documents({"_id": assigned["id"]}) == 1


async def test_what_was_refused_is_not_audited_and_what_was_done_once_is_audited_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        await told(client, "PATCH", "/reps/ana", {"team_id": "nowhere"}, expect=422)
        for _ in range(2):
            await told(client, "PATCH", "/reps/ana", {"available": False}, headers={"idempotency-key": "k1"})
    assert len(await audited(db)) == 1


async def test_the_audit_is_paged_and_filtered_and_not_for_everybody(database_of: DatabaseOf, mongo: AsyncMongoClient[Row]) -> None:
    db = await fresh(database_of)
    async with admin(db) as client, rep(db, "ana", "*") as seller, api_client(service, db, roles=("privacy",)) as privacy:
        for name in ("ana", "bruno", "chloe"):
            await told(client, "PATCH", f"/reps/{name}", {"weight": 2})
        await mongo["leads_audit"].command("profile", 2)
        first = await told(privacy, "GET", "/audit?limit=2")
        second = await told(privacy, "GET", f"/audit?limit=2&cursor={first['next']}")
        assert [row["record_id"] for row in first["items"] + second["items"]] == ["chloe", "bruno", "ana"]
        for query, found in (
            ("of=rep", 3),
            ("record_id=ana", 1),
            ("by=user:ana", 3),
            ("by=user:max", 0),
            ("at__gte=2100-01-01T00:00:00Z", 0),
        ):
            assert len((await told(privacy, "GET", f"/audit?{query}"))["items"]) == found
        await mongo["leads_audit"].command("profile", 0)
        await told(seller, "GET", "/audit", expect=403)
    statements = await mongo["leads_audit"]["system.profile"].find({"ns": "leads_audit.audit"}).to_list(None)
    await mongo["leads_audit"]["system.profile"].drop()
    assert statements
    assert [row for row in statements if "COLLSCAN" in row["planSummary"] or row.get("hasSortStage")] == []

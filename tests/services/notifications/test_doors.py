"""The doors: one's own notifications, preferences, rules and templates."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.notifications.main import service
from shared.database import Database
from tests.conftest import DatabaseOf
from tests.road import api_client, hear
from tests.services.notifications.builders import lead_assigned, lead_captured, rep_changed, response_overdue

Json = dict[str, Any]
RULE: Json = {
    "id": "big-deals",
    "name": "Big deals",
    "on": "deal.closed",
    "condition": "event.amount > 100000",
    "recipients": ["role:manager"],
    "channels": ["in_app"],
    "template_id": "deal.won",
}


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    db = await database_of("notifications")
    await service.seed(db)
    await hear(service, db, rep_changed("rita"), rep_changed("sam", team_id="south"))
    return db


@pytest.fixture
async def rita(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(service, db, roles={"rep"}, subject="rita", teams=("north",)) as client:
        yield client


@pytest.fixture
async def admin(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(service, db, roles={"admin"}, subject="ada") as client:
        yield client


async def shown(client: httpx.AsyncClient, path: str) -> list[Json]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def refusals(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(one["field"], one["rule"]) for one in answer.json()["violations"]]


async def test_people_see_their_own_notifications_only(db: Database, rita: httpx.AsyncClient) -> None:
    await hear(service, db, lead_captured(), lead_captured("l2"), lead_assigned(), lead_assigned("l2", "sam"), response_overdue())
    items = await shown(rita, "/notifications")
    assert {item["about"] for item in items} == {"lead:l1"}
    assert {item["kind"] for item in items} == {"lead.assigned", "lead.response_overdue"}
    assert len(await shown(rita, "/notifications?kind=lead.assigned")) == 1
    sams = await db.collection("notifications").find_one({"recipient_id": "sam", "channel": "in_app"})
    assert (await rita.get(f"/notifications/{sams['_id']}")).status_code == 404
    assert (await rita.post(f"/notifications/{sams['_id']}/read")).status_code == 404


async def test_a_notification_is_read_once_and_stays_read(db: Database, rita: httpx.AsyncClient) -> None:
    await hear(service, db, lead_captured(), lead_assigned())
    (item,) = await shown(rita, "/notifications?unread=true")
    first = (await rita.post(f"/notifications/{item['id']}/read")).json()
    again = (await rita.post(f"/notifications/{item['id']}/read")).json()
    assert first == again
    assert (first["unread"], first["version"]) == (False, 2)
    assert await shown(rita, "/notifications?unread=true") == []


async def test_everything_can_be_read_at_once(db: Database, rita: httpx.AsyncClient) -> None:
    await hear(
        service, db, *(lead_captured(f"l{n}") for n in range(3)), *(lead_assigned(f"l{n}") for n in range(3)), lead_assigned("l0", "sam", 4)
    )
    assert (await rita.post("/notifications/read-all")).json() == {"read": 3}
    assert (await rita.post("/notifications/read-all")).json() == {"read": 0}
    assert await db.collection("notifications").count_documents({"recipient_id": "sam", "unread": True, "channel": "in_app"}) == 1


async def test_notifications_page_by_cursor(db: Database, rita: httpx.AsyncClient) -> None:
    await hear(service, db, *(lead_captured(f"l{n}") for n in range(5)), *(lead_assigned(f"l{n}") for n in range(5)))
    first = (await rita.get("/notifications?limit=3")).json()
    rest = (await rita.get(f"/notifications?limit=3&cursor={first['next']}")).json()
    assert {item["about"] for page in (first, rest) for item in page["items"]} == {f"lead:l{n}" for n in range(5)}
    assert rest["next"] is None


async def test_people_change_their_own_preferences_and_nothing_else(db: Database, rita: httpx.AsyncClient) -> None:
    answer = await rita.patch("/recipients/rita", json={"preferences": {"mail": False, "zone": "Europe/Lisbon"}})
    assert answer.json()["preferences"] == {"in_app": True, "mail": False, "zone": "Europe/Lisbon"}
    assert answer.headers["etag"] == '"2"'
    assert (await rita.patch("/recipients/rita", json={"roles": ["manager"]})).status_code == 403
    assert (await rita.patch("/recipients/sam", json={"preferences": {"mail": False}})).status_code == 403
    refused = await rita.patch("/recipients/rita", json={"preferences": {"zone": "../etc/passwd"}})
    assert (refused.status_code, refusals(refused)) == (422, [("preferences.zone", "zone")])
    stale = await rita.patch("/recipients/rita", json={"preferences": {"mail": True}}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    (change,) = await shown(rita, "/recipients/rita/history")
    assert change["after"] == {"preferences": {"in_app": True, "mail": False, "zone": "Europe/Lisbon"}}


async def test_reps_see_their_team_and_managers_of_everything_see_all(
    db: Database, rita: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    assert [item["id"] for item in await shown(rita, "/recipients")] == ["rita"]
    assert [item["id"] for item in await shown(admin, "/recipients")] == ["rita", "sam"]
    assert (await rita.get("/recipients/sam")).status_code == 404


@pytest.mark.parametrize("person_id", ["\u6ce8\u6587", "50%?#a", "jo@dealwire.example"])
async def test_whoever_is_added_is_found_where_the_answer_says(admin: httpx.AsyncClient, person_id: str) -> None:
    added = await admin.post("/recipients", json={"id": person_id, "name": "Jo"})
    assert added.status_code == 201
    assert (await admin.get(added.headers["location"])).json()["id"] == person_id


async def test_what_nobody_can_prefer_is_refused_from_the_beginning(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/recipients", json={"id": "agnes", "name": "Agnes", "preferences": {"email": False}})
    assert (answer.status_code, refusals(answer)) == (422, [("preferences.email", "extra_forbidden")])


async def test_someone_who_does_not_sell_is_added_by_hand_and_the_roster_takes_over_when_they_do(
    db: Database, admin: httpx.AsyncClient
) -> None:
    agnes = {"id": "agnes", "name": "Agnes", "email": "agnes@dealwire.example", "roles": ["agent"]}
    added = await admin.post("/recipients", json=agnes)
    assert (added.status_code, added.headers["location"]) == (201, "/recipients/agnes")
    assert (await admin.post("/recipients", json=agnes)).status_code == 409
    assert (await admin.patch("/recipients/agnes", json={"name": "Agnes Moor"})).json()["name"] == "Agnes Moor"
    await hear(service, db, rep_changed("agnes", name="Agnes M."))
    refused = await admin.patch("/recipients/agnes", json={"name": "Agnes Moor"})
    assert (refused.status_code, refusals(refused)) == (409, [("name", "roster")])
    kept = (await admin.get("/recipients/agnes")).json()
    assert (kept["name"], kept["roles"]) == ("Agnes M.", ["agent"])
    assert "Moor" not in str(await shown(admin, "/recipients/agnes/history"))


async def test_a_rule_is_added_changed_and_deleted_and_its_history_tells(admin: httpx.AsyncClient) -> None:
    added = await admin.post("/rules", json=RULE)
    assert (added.status_code, added.headers["location"]) == (201, "/rules/big-deals")
    changed = await admin.patch("/rules/big-deals", json={"enabled": False}, headers={"If-Match": added.headers["etag"]})
    assert (changed.json()["enabled"], changed.json()["version"], changed.json()["condition"]) == (False, 2, RULE["condition"])
    assert "big-deals" in {item["id"] for item in await shown(admin, "/rules?enabled=false")}
    assert (await admin.delete("/rules/big-deals", headers={"If-Match": '"1"'})).status_code == 412
    assert (await admin.delete("/rules/big-deals")).status_code == 204
    assert (await admin.get("/rules/big-deals")).status_code == 404
    assert [item["what"] for item in await shown(admin, "/rules/big-deals/history")] == ["deleted", "changed", "added"]


@pytest.mark.parametrize(
    ("change", "violation", "words"),
    [
        ({"condition": "event.amount >"}, ("condition", "cel"), "line 1, column 15"),
        ({"condition": "event.amuont > 1"}, ("condition", "unknown_field"), "amuont"),
        ({"on": "lead.submitted"}, ("on", "topic"), "lead.assigned"),
        ({"template_id": "nothing"}, ("template_id", "exists"), "nothing"),
    ],
)
async def test_a_rule_that_cannot_work_is_refused_by_name(
    admin: httpx.AsyncClient, change: Json, violation: tuple[str, str], words: str
) -> None:
    refused = await admin.post("/rules", json=RULE | change)
    assert (refused.status_code, refusals(refused)) == (422, [violation])
    assert words in refused.json()["detail"]


@pytest.mark.parametrize(
    "change", [{"recipients": ["everybody"]}, {"recipients": []}, {"channels": ["pigeon"]}, {"nonsense": 1}, {"name": None}]
)
async def test_a_rule_of_the_wrong_shape_is_refused(admin: httpx.AsyncClient, change: Json) -> None:
    assert (await admin.post("/rules", json=RULE | change)).status_code == 422
    await admin.post("/rules", json=RULE)
    assert (await admin.patch("/rules/big-deals", json=change)).status_code == 422


async def test_the_rules_that_come_with_dealwire_can_be_switched_off_but_not_deleted(db: Database, admin: httpx.AsyncClient) -> None:
    assert (await admin.delete("/rules/lead.assigned")).status_code == 409
    await admin.patch("/rules/lead.assigned", json={"enabled": False})
    await service.seed(db)
    assert (await admin.get("/rules/lead.assigned")).json()["enabled"] is False
    assert (await admin.delete("/templates/lead.assigned")).status_code == 409


async def test_reps_read_rules_and_templates_and_change_none(rita: httpx.AsyncClient) -> None:
    assert (len(await shown(rita, "/rules")), len(await shown(rita, "/templates"))) == (19, 21)
    assert (await rita.get("/rules/lead.assigned")).status_code == 200
    for answer in (
        await rita.post("/rules", json=RULE),
        await rita.patch("/rules/lead.assigned", json={"enabled": False}),
        await rita.delete("/rules/lead.assigned"),
        await rita.post("/templates", json={"id": "t", "subject": "s", "text": "t"}),
        await rita.get("/deliveries"),
    ):
        assert answer.status_code == 403


async def test_a_template_is_added_used_changed_and_kept_while_rules_use_it(
    db: Database, admin: httpx.AsyncClient, rita: httpx.AsyncClient
) -> None:
    words = {"id": "short", "subject": "Yours: {{ about }}", "text": "Call."}
    assert (await admin.post("/templates", json=words)).status_code == 201
    await admin.patch("/rules/lead.assigned", json={"template_id": "short"})
    await hear(service, db, lead_captured(), lead_assigned())
    assert [item["title"] for item in await shown(rita, "/notifications")] == ["Yours: Ana Silva at Acme"]
    assert (await admin.delete("/templates/short")).status_code == 409
    refused = await admin.patch("/templates/short", json={"text": "{% if %}"})
    assert (refused.status_code, refusals(refused)) == (422, [("text", "template")])
    await admin.patch("/rules/lead.assigned", json={"template_id": "lead.assigned"})
    assert (await admin.delete("/templates/short")).status_code == 204


async def test_the_delivery_log_tells_what_became_of_mails(db: Database, admin: httpx.AsyncClient) -> None:
    await hear(service, db, lead_captured(), lead_assigned())
    (delivery,) = await shown(admin, "/deliveries?state=pending&recipient_id=rita")
    assert (delivery["kind"], delivery["channel"], delivery["attempts"]) == ("lead.assigned", "mail", 0)


async def test_without_a_token_every_door_is_shut(db: Database) -> None:
    async with api_client(service, db, signed_in=False) as stranger:
        for path in ("/notifications", "/rules", "/templates", "/recipients", "/deliveries"):
            assert (await stranger.get(path)).status_code == 401

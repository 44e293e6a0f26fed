"""Every query of the service is answered from an index: the server's own profiler tells."""

from datetime import timedelta
from typing import Any

from pymongo import AsyncMongoClient

from services.notifications.main import service
from services.notifications.service import Postman
from shared.database import Database, utcnow
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, pass_time
from tests.services.notifications.builders import (
    a_delivery,
    a_notification,
    case_opened,
    commitment_missed,
    deal_closed,
    lead_assigned,
    lead_captured,
    opportunity_opened,
    person_erased,
    rep_changed,
)
from tests.services.notifications.mail_servers import Inbox, mail_server

Row = dict[str, Any]
OURS = ("notifications", "deliveries", "recipients", "rules", "templates", "subjects")
DOORS = (
    "/notifications",
    "/notifications?unread=true",
    "/notifications?kind=lead.assigned",
    "/deliveries",
    "/deliveries?state=failed",
    "/deliveries?kind=lead.assigned",
    "/deliveries?recipient_id=rita",
    "/recipients",
    "/recipients?team_id=north",
    "/rules",
    "/rules?on=lead.assigned",
    "/templates",
)


async def test_no_statement_reads_more_than_it_must(database_of: DatabaseOf, mongo: AsyncMongoClient[Row]) -> None:
    db = await database_of("notifications")
    await _fill(db)
    await mongo[db.name].command("profile", 2)
    try:
        await _live_through_everything(db)
    finally:
        await mongo[db.name].command("profile", 0)
        wanted = {"ns": {"$in": [f"{db.name}.{name}" for name in OURS]}, "planSummary": {"$exists": True}}
        rows = await mongo[db.name]["system.profile"].find(wanted).to_list(None)
        await mongo[db.name]["system.profile"].drop()
    assert len(rows) > 60
    assert {row["ns"] for row in rows} == {f"{db.name}.{name}" for name in OURS}
    assert [(row["ns"], row["command"]) for row in rows if "COLLSCAN" in row["planSummary"] or row.get("hasSortStage")] == []
    assert [(row["ns"], row["docsExamined"], row["command"]) for row in rows if row.get("docsExamined", 0) > 200] == []


async def _fill(db: Database) -> None:
    """Much that is not wanted, so that a plan that looks at it shows."""
    await service.seed(db)
    old = [a_notification(f"old{n}", recipient_id=f"r{n % 7}", channel="in_app", about=f"lead:old{n}", status="sent") for n in range(1_000)]
    over = [
        a_delivery(f"old{n}", recipient_id=f"r{n % 7}", state="sent", due=None, mail_id=f"m{n}", about=f"lead:old{n}") for n in range(1_000)
    ]
    await db.collection("notifications").insert_many([one.to_document() for one in old])
    await db.collection("deliveries").insert_many([one.to_document() for one in over])
    await hear(service, db, *(rep_changed(f"r{n}", team_id=f"t{n}", manager_id=None) for n in range(300)))
    await hear(service, db, *(lead_captured(f"old{n}") for n in range(500)))


async def _live_through_everything(db: Database) -> None:
    await hear(service, db, rep_changed("rita"), rep_changed("max", manager_id=None))
    await hear(service, db, lead_assigned(), lead_assigned("unknown"), lead_captured(), lead_captured("l2"), lead_assigned("l2"))
    await pass_time(service, db, utcnow() + timedelta(minutes=2))
    await hear(service, db, opportunity_opened(), deal_closed(), case_opened(), commitment_missed())
    await db.collection("deliveries").update_many({"state": "pending"}, {"$set": {"due": utcnow()}})
    async with mail_server(Inbox(lambda _: "451 later")) as server:
        await Postman(server).send_due(db)
    await hear(service, db, person_erased("l1", email_hashes=("x",)))
    async with api_client(service, db, roles={"admin"}, subject="rita") as rita:
        for path in DOORS:
            assert (await rita.get(path)).status_code == 200
        (one,) = (await rita.get("/notifications?unread=true&limit=1")).json()["items"]
        await rita.post(f"/notifications/{one['id']}/read")
        await rita.post("/notifications/read-all")
        await rita.patch("/recipients/rita", json={"preferences": {"mail": False}})
        await rita.patch("/rules/lead.assigned", json={"enabled": False})
        await rita.delete("/templates/lead.assigned")

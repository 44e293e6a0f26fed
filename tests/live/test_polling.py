"""A platform is read to its end, page by page, while the process that reads is killed again and again: no lead twice, none lost."""

from collections import Counter
from pathlib import Path

from deploy.topics import Topics
from services.leads.service import seed_defaults
from shared.database import Database, utcnow
from tests.conftest import DatabaseOf
from tests.live.processes import fleet
from tests.live.waiting import eventually
from tests.servers import Servers
from tests.services.leads.platforms import Platform, due_now, polled, set_up
from tests.shared.outsiders import outsider

LEADS = 120
# Each dies once, at a line of its own, while a page goes in.
DEATHS = ("transaction.before_commit:3", "transaction.after_commit:4", "relay.after_send:2")


async def test_every_lead_is_submitted_once_whoever_dies_on_the_way(
    servers: Servers, topics: Topics, database_of: DatabaseOf, tmp_path: Path
) -> None:
    db, platform = await database_of("leads"), Platform(size=5, leads=list(range(LEADS)))
    await seed_defaults(db)
    async with outsider(platform) as system:
        await set_up(db, polled(system.url, pages_per_turn=1_000))
        with fleet(servers, tmp_path) as ours:
            for line in DEATHS:
                dying = ours.start_service("leads", "scheduler", "relay", DEALWIRE_OUTBOUND_NETWORKS="127.0.0.0/8", DEALWIRE_FAILPOINT=line)
                await eventually(lambda dying=dying: dying.died_by, within=60, what=f"a death at {line}")  # type: ignore[misc]
                platform.leads.append(max(platform.leads) + 1)
                await due_now(db)
            last = ours.start_service("leads", DEALWIRE_OUTBOUND_NETWORKS="127.0.0.0/8")
            everybody = {str(minute) for minute in platform.leads}
            await eventually(lambda: _captured(db, everybody), within=120, what=f"every lead captured; see {last.log}")
    assert await _submitted(db) == Counter(everybody)


async def _captured(db: Database, everybody: set[str]) -> bool:
    """What arrived while the process was dead comes with the next sweep, which is now."""
    await db.collection("poll_states").update_one({"onward": None}, {"$set": {"due_at": utcnow()}})
    leads = await db.collection("leads").find({}, {"external_id": 1}).to_list(None)
    return {lead["external_id"] for lead in leads} == everybody


async def _submitted(db: Database) -> Counter[str]:
    return Counter([row["external_id"] async for row in db.collection("submissions").find({}, {"external_id": 1})])

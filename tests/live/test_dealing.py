"""Round robin over several processes, some of which die: exact all the same. The bench does it with ten thousand leads."""

from pathlib import Path

from deploy.topics import Topics
from tests.conftest import DatabaseOf
from tests.live.dealing import deal_while_killing
from tests.live.processes import fleet
from tests.servers import Servers

LEADS = 1_200


async def test_leads_are_dealt_out_evenly_whoever_is_killed(
    servers: Servers, topics: Topics, database_of: DatabaseOf, tmp_path: Path
) -> None:
    db = await database_of("leads")
    with fleet(servers, tmp_path) as ours:
        aftermath = await deal_while_killing(servers, ours, db, LEADS)
    assert aftermath.kept.total() == aftermath.assignments == LEADS
    assert aftermath.kept == aftermath.said
    assert len(aftermath.kept) == 3
    assert aftermath.spread <= 1

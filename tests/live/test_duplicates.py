"""One person under two spellings, submitted at once to several workers on a real Kafka: one lead, soon after."""

from pathlib import Path

from deploy.topics import Topics
from shared.events import Company, LeadSubmitted, Person
from tests.conftest import DatabaseOf
from tests.live.kafka import publish
from tests.live.processes import fleet
from tests.live.waiting import eventually
from tests.servers import Servers

BEGINNINGS = ("Harring", "Mont", "Black", "Ever", "Stone", "Fitz", "Gold", "Lang", "Red", "Whit")
ENDINGS = ("bridge", "castle", "field", "worth", "mire", "holm")
PEOPLE = len(BEGINNINGS) * len(ENDINGS)


def submissions() -> list[LeadSubmitted]:
    """Nothing that two of them are keyed by is the same, so each goes into a partition of its own accord."""
    names = [beginning + ending for beginning in BEGINNINGS for ending in ENDINGS]
    return [
        LeadSubmitted(source="web", company=Company(name=f"Firm {number} Pumps"), person=Person(first_name=first, last_name=name))
        for number, name in enumerate(names)
        for first in ("William", "Bill")
    ]


async def test_one_person_under_two_spellings_is_one_lead_soon_after(
    servers: Servers, topics: Topics, database_of: DatabaseOf, tmp_path: Path
) -> None:
    db = await database_of("leads")
    with fleet(servers, tmp_path) as ours:
        for _ in range(2):
            ours.start_service("leads", "ingest", "match", "relay")
        await publish(servers, submissions())
        alive = {"status": {"$ne": "merged"}}

        async def all_is_merged() -> bool:
            captured = await db.collection("submissions").count_documents({"status": "captured"})
            return captured == 2 * PEOPLE and await db.collection("leads").count_documents(alive) == PEOPLE

        await eventually(all_is_merged, within=60, what="one lead for each person")

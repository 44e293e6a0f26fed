"""One person under two spellings, submitted at once to several workers on a real Kafka: one lead, soon after."""

from pathlib import Path

from deploy.topics import Topics
from shared.database import connect
from shared.events import Company, LeadSubmitted, Person
from tests.live.kafka import publish
from tests.live.processes import fleet
from tests.live.waiting import eventually
from tests.servers import Servers

PEOPLE = 60


def submissions() -> list[LeadSubmitted]:
    """Each in a partition of its own accord: nothing that they are keyed by is the same."""
    letters = "abcdefghijklmnopqrst"
    firms = [Company(name=f"Firm {number} Pumps") for number in range(PEOPLE)]
    names = [f"Fair{letters[number // 20]}{letters[number % 20]}weather" for number in range(PEOPLE)]
    pairs = zip(firms, names, strict=True)
    return [
        LeadSubmitted(source="web", company=firm, person=Person(first_name=first, last_name=name, email=f"{first}.{name}@{host}".lower()))
        for firm, name in pairs
        for first, host in (("William", "gmail.com"), ("Bill", "gmx.de"))
    ]


async def test_one_person_under_two_spellings_is_one_lead_soon_after(servers: Servers, topics: Topics, tmp_path: Path) -> None:
    db = await connect(servers.mongo_uri, "leads")
    await db.drop()
    with fleet(servers, tmp_path) as ours:
        for _ in range(2):
            ours.start_service("leads", "ingest", "match", "relay")
        await publish(servers, submissions())
        alive = {"status": {"$ne": "merged"}}

        async def all_is_merged() -> bool:
            captured = await db.collection("submissions").count_documents({"status": "captured"})
            return captured == 2 * PEOPLE and await db.collection("leads").count_documents(alive) == PEOPLE

        await eventually(all_is_merged, within=60, what="one lead for each person")
    db.close()

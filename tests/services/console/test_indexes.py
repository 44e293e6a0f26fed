"""What pages ask often is answered from an index, also for those who see only a part."""

from typing import Any

import pytest

from services.console.main import service
from services.console.service import open_library
from services.console.store import Library
from shared.database import Database, utcnow
from shared.principal import Principal
from tests.road import hear
from tests.services.console.customers import lives, rep

EVERYONE = Principal("root", "Root", roles=frozenset({"admin"}))
SOMEONE = Principal("ana", "Ana", roles=frozenset({"rep"}), teams=("north",))
NOTHING: dict[str, str] = {}


async def in_sight(library: Library) -> None:
    await library.find_in_sight(await library.find_tied(["lead:1"]) | {"lead:1", "opportunity:2", "account:3", "case:4"})


ASKED = {
    "newest leads": lambda library: library.list_leads(NOTHING, []),
    "leads of a status": lambda library: library.list_leads({"status": "qualified"}, []),
    "leads of an owner": lambda library: library.list_leads({"owner_id": "ana"}, []),
    "leads from a source": lambda library: library.list_leads({"source": "web"}, []),
    "leads that are overdue": lambda library: library.list_leads({"overdue": "true", "sort": "respond_by"}, []),
    "leads by score": lambda library: library.list_leads({"sort": "-score"}, []),
    "leads by word": lambda library: library.list_leads(NOTHING, ["ada"]),
    "leads that wait": lambda library: library.list_urgent_leads(6),
    "leads to claim": lambda library: library.list_leads({"to_claim": "anybody,team", "sort": "since"}, []),
    "leads to claim, counted": lambda library: library.count_leads({"to_claim": {"$in": ["anybody", "team"]}}),
    "leads since": lambda library: library.count_leads({"since": {"$gte": utcnow()}}),
    "overdue leads": lambda library: library.count_leads({"overdue": True}),
    "a timeline": lambda library: library.list_entries(["lead:1", "account:2"], NOTHING),
    "ties": lambda library: library.find_tied(["lead:1"]),
    "open sales": lambda library: library.sum_stages(),
    "sales of a stage": lambda library: library.list_open_sales("new", 40),
    "won sales": lambda library: library.sum_won(utcnow()),
    "closed sales": lambda library: library.list_closed_sales(40),
    "accounts by word": lambda library: library.search("accounts", ["acme"], 25),
    "newest accounts": lambda library: library.search("accounts", [], 25),
    "records in sight": in_sight,
    "days": lambda library: library.count_days("2026-01-01"),
    "sources": lambda library: library.list_sources(),
}


@pytest.fixture
async def filled(db: Database) -> Database:
    await hear(service, db, rep(), *(event for life in lives(20) for event in life.events))
    return db


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("who", [EVERYONE, SOMEONE], ids=["everything", "own"])
async def test_no_page_reads_a_whole_collection(filled: Database, who: Principal, asked: Any) -> None:
    library = await open_library(filled, who)
    profiled = filled.collection("leads").database
    await profiled.command("profile", 2)
    try:
        await asked(library)
    finally:
        await profiled.command("profile", 0)
    plans = await profiled["system.profile"].find({"op": {"$in": ["query", "command"]}, "planSummary": {"$exists": True}}).to_list(None)
    await profiled.drop_collection("system.profile")
    assert isinstance(library, Library)
    assert plans
    assert [plan["command"] for plan in plans if "COLLSCAN" in plan["planSummary"]] == []

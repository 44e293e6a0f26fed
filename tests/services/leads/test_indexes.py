"""Every query of the service is answered from an index: the server's own profiler tells."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from itertools import combinations, product
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from services.leads import store
from services.leads.main import service
from services.leads.rules.capture.mails import letter_of
from services.leads.service import (
    accept_mails,
    add_up_counters,
    count_deals_due,
    hand_over,
    learn_sometimes,
    read_imports,
    rejudge_leads,
    take_apart,
)
from services.leads.service.enrichment.companies import remove_old_files
from services.leads.service.policies import forget_policy
from services.leads.store import FOR_ANYBODY
from services.leads.store.seeking import seek
from shared.cursor import Place
from shared.database import Database, utcnow
from shared.events import AccountOpened, ConsentRequested, DealClosed, EngagementRecorded, OpportunityOpened
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.leads.builders import admin, bare, carried, compared, fresh, heard, leads_of, manager, of, rep, submission, told
from tests.services.leads.forms import send, visitor, with_form, with_opt_in
from tests.services.leads.knowers import asking, provided, settled
from tests.services.leads.platforms import Platform, polled, set_up, swept
from tests.shared.outsiders import outsider

Row = dict[str, Any]
Admin = AsyncMongoClient[Row]
ENRICHED = ("enrichments", "enrichment_cache", "companies")
JUDGED = ("outcomes", "criteria_failures", "rejudgings")
OF_SOURCES = ("source_counts", "webhook_receipts", "poll_states", "api_keys", "consents", "knocks")
IMPORTED = ("imports", "import_chunks", "import_rejects", "import_previews", "import_kept")
COUNTED = ("tallies", "counters", "won_deals")
# The others hold a handful of rows, whatever happens: teams, sources, sets of rules.
HARD_TO_TELL = {"name": "tier", "text": "is gold", "expression": "attributes.tier == 'gold'", "points": 50}
GROWING = (
    "leads",
    "duplicates",
    "merges",
    "likenesses",
    "contacts",
    "submissions",
    "engagements",
    "reps",
    "pools",
    "claim_queue",
    "load_changes",
    "customers",
    "handovers",
    "history",
    "timers",
    "erasures",
    "parked",
    "idempotency",
    *IMPORTED,
    *OF_SOURCES,
    *ENRICHED,
    *COUNTED,
    *JUDGED,
)


@asynccontextmanager
async def profiled(mongo: Admin, db: Database) -> AsyncIterator[list[Row]]:
    """What the server did for each statement on what grows; filled at the end."""
    rows: list[Row] = []
    database = mongo[db.name]
    await database.command("profile", 2)
    try:
        yield rows
    finally:
        await database.command("profile", 0)
        spaces = {"$in": [f"{db.name}.{name}" for name in GROWING]}
        rows += await database["system.profile"].find({"ns": spaces, "planSummary": {"$exists": True}}).to_list(None)
        await database["system.profile"].drop()


async def test_no_statement_of_the_road_reads_a_whole_collection(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await fresh(database_of)
    async with profiled(mongo, db) as rows:
        await live_through_everything(db)
    assert len(rows) > 60
    assert [(row["ns"], row["command"]) for row in rows if "COLLSCAN" in row["planSummary"]] == []


async def test_no_statement_of_a_poll_reads_a_whole_collection(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await fresh(database_of)
    async with outsider(Platform(size=2, leads=list(range(5)))) as system:
        await set_up(db, polled(system.url))
        async with profiled(mongo, db) as rows:
            await swept(db)
            await swept(db)
    assert {row["ns"].partition(".")[2] for row in rows} >= {"poll_states", "submissions", "webhook_receipts"}
    assert [(row["ns"], row["command"]) for row in rows if "COLLSCAN" in row["planSummary"]] == []


async def test_no_statement_of_the_doors_for_strangers_reads_a_whole_collection(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await fresh(database_of)
    await with_form(db, per_hour=3)
    await with_opt_in(db)
    async with profiled(mongo, db) as rows:
        await _let_strangers_in(db)
    assert {row["ns"].partition(".")[2] for row in rows} >= {"submissions", "consents", "knocks", "timers", "leads"}
    assert [(row["ns"], row["command"]) for row in rows if "COLLSCAN" in row["planSummary"]] == []


async def _let_strangers_in(db: Database) -> None:
    async with visitor(db) as stranger:
        for number in range(5):
            await send(stranger, email=f"p{number}@acme.example")
        asked, *_ = of(ConsentRequested, await carried(db, *await said(db)))
        path = asked.link.removeprefix("http://dealwire.test")
        assert (await stranger.get(path)).status_code == (await stranger.post(path)).status_code == 200
    message = message_from_bytes(b"From: p0@acme.example\r\nSubject: Re: x\r\nMessage-ID: <1@x>\r\n\r\nHello", policy=default)
    letter = letter_of(message, "fair", content=b"", sender="p0@acme.example", now=utcnow())  # type: ignore[arg-type]
    (engaged,) = await db.transact(lambda tx: accept_mails(tx, [letter]))
    assert isinstance(engaged, EngagementRecorded)
    async with admin(db) as client:
        (lead,) = await leads_of(db)
        await told(client, "GET", f"/leads/{lead['_id']}/consents")
        await told(client, "GET", f"/leads/{lead['_id']}/consents?status=given")
        first, second = (await told(client, "GET", "/submissions?status=spam"))["items"]
        await told(client, "POST", f"/submissions/{first['submission_id']}/release")
        await told(client, "POST", f"/submissions/{second['submission_id']}/discard")
    await db.collection("consents").update_many({"status": "requested", "email": {"$gt": ""}}, {"$set": {"expires_at": utcnow()}})
    await pass_time(service, db, utcnow() + timedelta(days=8))


async def live_through_everything(db: Database) -> None:
    await carried(db, *(submission(external_id=str(number)) for number in range(20)))
    await carried(db, *(submission(external_id=str(number)) for number in range(5)), bare(person={"email": "jo@"}))
    first, second, third, *_ = await leads_of(db)
    alike = [bare(person={"first_name": name, "last_name": "Fairweather"}, company={"name": "Acme Pumps"}) for name in ("Bill", "William")]
    await compared(db, *alike, *(bare(person={"first_name": "J.", "last_name": "Smith", "email": mail}) for mail in ("js@acme.example",)))
    times = {"closed_at": utcnow(), "cycle_seconds": 1, "effort_seconds": 1}
    opened = OpportunityOpened(opportunity_id="o", version=1, lead_id=first["_id"], name="x", pipeline="p", stage="s", opened_at=utcnow())
    await hear(service, db, opened)
    await hear(service, db, DealClosed(opportunity_id="o", version=2, lead_id=first["_id"], outcome="won", reason="x", **times))
    await hear(service, db, EngagementRecorded(email=second["person"]["email"], kind="call", occurred_at=utcnow()))
    await hear(service, db, EngagementRecorded(email="stranger@x.example", kind="form", occurred_at=utcnow()))
    forget_policy(db)
    await carried(db, bare(person={"email": "stranger@x.example"}))
    async with admin(db) as client:
        path = f"/leads/{second['_id']}"
        await told(client, "PATCH", "/reps/ana", {"available": False})
        await told(client, "PATCH", "/reps/ana", {"available": True})
        await told(client, "POST", f"{path}/contact", {})
        await told(client, "POST", f"{path}/merge", {"lead_id": third["_id"]})
        await told(client, "GET", f"{path}/alike")
        await pass_time(service, db, utcnow())
        await told(client, "POST", f"{path}/unmerge")
        await pass_time(service, db, utcnow())
        await told(client, "GET", f"{path}/history")
        await told(client, "GET", f"/submissions/{first['submission_id']}")
        await told(client, "GET", "/submissions?status=refused")
        imported = await client.post("/imports", files={"file": ("l.csv", "email\na@x.example\njo@\n")}, data={"source": "fair"})
        while await read_imports(db):
            pass
        await told(client, "GET", f"/imports/{imported.json()['import_id']}")
        await client.get(imported.json()["rejected_url"])
        await told(client, "GET", "/imports")
        await _draft_and_take_back(db, client, second)
        for report in ("funnel?by=source", "funnel?by=rep", "response-times", "disqualifications", "attribution"):
            await told(client, "GET", f"/reports/{report}")
        await told(client, "GET", f"{path}/touches")
        await db.collection("won_deals").update_many({}, {"$set": {"due_at": utcnow()}})
        assert await count_deals_due(db)
        while await add_up_counters(db):
            pass
        await told(client, "GET", "/sources/unknown")
        await _knock_at_a_webhook(client)
        await _judge_otherwise(client, db, second)
    await _deal_out_in_every_way(db)
    await _enrich(db)
    await db.transact(lambda tx: take_apart(tx, [first["_id"], second["_id"]]))
    async with admin(db) as client:
        await told(client, "POST", "/models/train", expect=202)
    await learn_sometimes(db)
    assert await store.find_latest_outcomes(db, 10)
    assert await store.count_outcomes_since(db, utcnow() - timedelta(hours=1), 10)
    await pass_time(service, db, utcnow() + timedelta(days=50))


async def _judge_otherwise(client: httpx.AsyncClient, db: Database, lead: Row) -> None:
    await told(client, "GET", f"/leads/{lead['_id']}/score")
    await told(client, "POST", "/criteria", {"criteria": [HARD_TO_TELL]}, expect=201)
    simulated = await told(client, "POST", "/criteria/2/simulate", {"leads": 3})
    await told(client, "POST", "/criteria/2/simulate", {"before": simulated["next"]})
    await told(client, "POST", "/criteria/2/activate", {"rejudge": True})
    while await rejudge_leads(db):
        pass
    await hear(service, db, EngagementRecorded(email=lead["person"]["email"], kind="call", occurred_at=utcnow()))
    await told(client, "GET", "/criteria/2")


async def _knock_at_a_webhook(client: httpx.AsyncClient) -> None:
    await told(client, "PATCH", "/sources/chat", {"limits": {"per_day": 5}})
    mapping = {"fields": {"external_id": "id", "person.email": "mail"}}
    await told(client, "PUT", "/sources/chat/mapping", {"mapping": mapping, "sample": {"mail": "a@x.example"}})
    for _ in range(2):
        key = (await told(client, "POST", "/sources/chat/keys", {}, expect=201))["key"]
    for _ in range(2):
        await client.post("/sources/chat/webhook", json={"id": 1, "mail": "a@x.example"}, headers={"x-api-key": key})
        unread = await client.post("/sources/chat/webhook", json={"id": 2}, headers={"x-api-key": key})
    await told(client, "POST", f"{unread.headers['location']}/replay", expect=422)
    await told(client, "GET", f"{unread.headers['location']}/history")
    await told(client, "GET", "/submissions?source=chat&status=refused")
    await told(client, "GET", "/sources/chat/keys")
    await told(client, "GET", "/sources/chat")


async def _draft_and_take_back(db: Database, client: httpx.AsyncClient, known: Row) -> None:
    file = f"email,product\nb@x.example,\n{known['person']['email']},valves\n"
    draft = await client.post("/imports?draft=true", files={"file": ("l.csv", file)}, data={"source": "fair"})
    path = f"/imports/{draft.json()['import_id']}"
    for step in (path, f"{path}/start", f"{path}/undo"):
        await told(
            client,
            "PATCH" if step == path else "POST",
            step,
            {"source": "web"} if step == path else None,
            expect=200 if step == path else 202,
        )
        while await read_imports(db):
            pass
        await carried(db, *await said(db))
    await told(client, "GET", f"{path}/kept")


async def _deal_out_in_every_way(db: Database) -> None:
    known = {"name": "Acme", "domain": "acme.example", "owner_id": "fay", "opportunity_id": "o"}
    await hear(service, db, AccountOpened(account_id="a", version=1, opened_at=utcnow(), **known))
    async with admin(db) as client:
        await told(client, "PATCH", "/reps/ana", {"max_open": 2})
        await carried(db, *(submission() for _ in range(12)), submission(company={"domain": "acme.example"}))
        forget_policy(db)
        await carried(db, submission(company={"domain": "acme.example"}))
        of_ana = (await told(client, "GET", "/leads?owner_id=ana"))["items"]
        opened = OpportunityOpened(
            opportunity_id="p", version=1, lead_id=of_ana[0]["id"], name="x", pipeline="p", stage="s", opened_at=utcnow()
        )
        await hear(service, db, opened)
        await told(client, "POST", f"/leads/{of_ana[0]['id']}/unconvert", {"reason": "no"})
        handover = await told(client, "POST", "/reps/ana/handover", {"reason": "left", "leaves": True}, expect=202)
        while await hand_over(db):
            pass
        await told(client, "GET", f"/handovers/{handover['id']}")
        await told(client, "GET", "/handovers?rep_id=ana")
        await told(client, "POST", "/routing/1/simulate")
        await told(client, "GET", "/reps/ana/history")
        await told(client, "GET", f"/leads/{of_ana[0]['id']}/consent-history")
        await told(client, "POST", "/erasures", {"email": of_ana[0]["person"]["email"], "reason": "asked"})
        await told(client, "POST", "/erasures", {"email": of_ana[0]["person"]["email"], "reason": "asked"})
        await told(client, "GET", "/erasures")


async def _enrich(db: Database) -> None:
    await provided(db, tries=1, trip_after=100, wait_seconds=30)
    await provided(db, id="own", kind="file", request=None)
    async with admin(db) as client:
        for _ in range(2):
            await told(client, "POST", "/providers/own/companies", files={"file": ("c.csv", b"domain,company,size\na.example,Acme,5\n")})
        await heard(db, *(submission() for _ in range(10)), bare(person={"last_name": "Silva"}, company={"name": "Acme"}))
        async with asking(db) as part:
            await settled(db, 20)
            await told(client, "PATCH", "/providers/own", {"active": False})
            part._tidied = 0.0
            await part.ask_some()
        lead = (await leads_of(db))[-1]
        await told(client, "GET", f"/leads/{lead['_id']}/enrichments")
        await told(client, "POST", f"/leads/{lead['_id']}/enrich", expect=202)
    await remove_old_files(db, await store.find_providers(db))


LISTS = [
    *(f"sort={sign}{field}" for field in ("id", "updated_at") for sign in ("", "-")),
    "status=qualified",
    "source=web",
    "team_id=europe",
    "owner_id=ana",
    *(f"{one}&sort=updated_at" for one in ("status=qualified", "source=web", "team_id=europe", "owner_id=ana", "owner_id=ana&source=web")),
]
SEEN = ["everything", "what is theirs"]


@pytest.mark.parametrize("scope", [*SEEN, "and what is for anybody"])
async def test_a_list_is_read_in_its_order_and_no_further_than_its_page(
    database_of: DatabaseOf, mongo: Admin, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    monkeypatch.setattr("services.leads.store.seeking.A_FEW", 5)
    db = await fresh(database_of)
    await carried(db, *(submission(company={"country": ("DE", "BR")[number % 2]}) for number in range(60)))
    client = admin(db) if scope == "everything" else rep(db, "ana", "europe", "world")
    few = await _left_to_anybody(db) if scope == "and what is for anybody" else 0
    async with profiled(mongo, db) as rows, client:
        for query in LISTS:
            page = await told(client, "GET", f"/leads?limit=5&{query}")
            if page["next"]:
                await told(client, "GET", f"/leads?limit=5&{query}&cursor={page['next']}")
    assert rows
    assert [row["command"] for row in rows if "COLLSCAN" in row["planSummary"] or _is_sorted(row, few)] == []


CHOSEN = (
    "owner_id=ana",
    "owner_id=fay",
    "team_id=europe",
    "team_id=world",
    "source=fair",
    "source=web",
    "status=qualified",
    "status=merged",
)
PAIRS = ["&".join(pair) for pair in combinations(CHOSEN, 2) if len({one.partition("=")[0] for one in pair}) == 2]


@pytest.mark.parametrize("scope", SEEN)
async def test_two_filters_at_once_read_no_more_than_they_show(database_of: DatabaseOf, mongo: Admin, scope: str) -> None:
    db = await fresh(database_of)
    kinds: tuple[Row, ...] = ({}, {"interest": None, "company": None}, {"source": "fair"}, {"company": {"country": "BR"}})
    await carried(db, *(submission(**kinds[number % 4]) for number in range(80)))
    client = admin(db) if scope == "everything" else rep(db, "ana", "europe")
    async with profiled(mongo, db) as rows, client:
        for query in [*PAIRS, *CHOSEN]:
            await told(client, "GET", f"/leads?limit=5&{query}")
    lists = [row for row in rows if row["ns"].endswith(".leads")]
    assert len(lists) >= len(PAIRS)
    assert [row["command"] for row in lists if row["docsExamined"] > 6 or _is_sorted(row, 0)] == []


@pytest.mark.parametrize("scope", SEEN)
async def test_a_few_are_put_in_the_order_of_their_change_and_no_others_are_read(database_of: DatabaseOf, mongo: Admin, scope: str) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission(company={"country": ("DE", "BR")[number % 2]}) for number in range(60)))
    client = admin(db) if scope == "everything" else rep(db, "ana", "europe")
    async with profiled(mongo, db) as rows, client:
        pages = [(await told(client, "GET", f"/leads?limit=200&sort=-updated_at&{query}"))["items"] for query in [*PAIRS, *CHOSEN]]
    read = [row["docsExamined"] for row in rows if row["ns"].endswith(".leads") and "find" in row["command"]]
    assert any(pages)
    assert read == [len(page) for page in pages]


@pytest.mark.parametrize("direction", [1, -1])
async def test_many_are_put_in_the_order_of_their_change_by_what_indexes_say(
    database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch, direction: int
) -> None:
    monkeypatch.setattr("services.leads.store.seeking.A_FEW", 5)
    db = await fresh(database_of)
    await carried(db, *(submission(source=("web", "fair")[number % 2]) for number in range(60)))
    lead = next(lead for lead in await leads_of(db) if lead["source"] == "web")
    place = Place("updated_at", direction, lead["updated_at"], lead["_id"])
    wanted = await seek(db, {"source": ["web"]}, {}, "updated_at")
    for way, part in product((wanted, wanted.otherwise), ({}, *place.beyond())):
        assert way
        asked, sort = {"$and": [way.condition, part]}, [("updated_at", direction), ("_id", direction)]
        explained = await db.collection("leads").find(asked, sort=sort, limit=3, hint=way.by).explain()
        assert explained["executionStats"]["totalDocsExamined"] <= 3, (way, part)


def _is_sorted(row: Row, most: int) -> bool:
    return row.get("hasSortStage", False) and row["docsExamined"] > most


async def _left_to_anybody(db: Database) -> int:
    """Those few are found by their ids, and may be put in order by the server."""
    ids = [lead["_id"] for lead in (await leads_of(db))[::9]]
    await db.transact(lambda tx: store.change_leads(tx, {one: {"owner_id": None} for one in ids}))
    await db.collection("claim_queue").insert_many([{"_id": one, "pool_id": FOR_ANYBODY, "since": utcnow()} for one in ids])
    return len(ids)


async def test_a_search_reads_only_what_begins_with_what_was_typed(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission() for _ in range(100)), submission(person={"email": "zoe@zebra.example"}))
    async with profiled(mongo, db) as rows, admin(db) as client:
        (found,) = (await told(client, "GET", "/leads?q=zoe@zeb"))["items"]
    assert found["person"]["email"] == "zoe@zebra.example"
    assert max(row["keysExamined"] for row in rows) < 10


async def test_an_external_id_is_looked_up_once_for_each_source_that_there_is(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission(external_id=str(number), source=("web", "fair")[number % 2]) for number in range(60)))
    async with profiled(mongo, db) as rows, admin(db) as client:
        (found,) = (await told(client, "GET", "/leads?external_id=30"))["items"]
    assert found["external_id"] == "30"
    assert max(row["keysExamined"] for row in rows) < 5
    assert len([row for row in rows if row["ns"].endswith(".leads")]) == 5


async def test_the_summary_reads_no_leads(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission() for _ in range(100)))
    async with profiled(mongo, db) as rows, admin(db) as client, manager(db, "europe") as boss:
        for one in (client, boss):
            await told(one, "GET", "/leads/summary")
    assert {row["ns"].partition(".")[2] for row in rows} == {"tallies", "counters", "claim_queue"}


async def test_a_question_is_found_by_its_order(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await fresh(database_of)
    rows = [{"_id": f"a|{n}", "version": 1, "status": "open", "lead_id": "a", "other_id": f"{n}", "score": n} for n in range(60, 75)]
    more = {"match": {"rule": "r", "score": 0.6, "fields": []}, "found_at": utcnow()}
    await db.collection("duplicates").insert_many([row | more for row in rows])
    async with profiled(mongo, db) as rows_read, admin(db) as client:
        for query in ("", "&status=open", "&score__gte=70", "&lead_id=a", "&status=open&score__lte=65"):
            await told(client, "GET", f"/duplicates?limit=5{query}")
    assert [
        row["command"] for row in rows_read if "COLLSCAN" in row["planSummary"] or (row.get("hasSortStage") and "lead_id" not in str(row))
    ] == []

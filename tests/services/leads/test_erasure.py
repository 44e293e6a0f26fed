"""A person is forgotten: every collection states what it holds of one, and afterwards none holds anything."""

import json
from datetime import timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from services.leads import store
from services.leads.main import service
from services.leads.models import ConsentRecord, Forgotten
from services.leads.service import drop_old_rows, erase_person, find_all_of, find_person, read_imports
from services.leads.store import HOLDINGS, INDEXES, RETENTION_DAYS
from services.leads.store.roster import COLLECTIONS
from shared.app import SHARED_INDEXES
from shared.database import Database, connect, utcnow
from shared.events import AccountOpened, Contact, EngagementRecorded, Envelope, LeadCaptured, LeadQualified, LeadSubmitted, PersonErased
from shared.settings import Misconfigured
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, hear_raw, raw, said
from tests.servers import Servers
from tests.services.leads.builders import (
    admin,
    bare,
    carried,
    compared,
    fresh,
    from_outside,
    heard,
    leads_of,
    of,
    submission,
    the_lead,
    told,
)
from tests.services.leads.files import read_all, send, shown, taken
from tests.services.leads.test_indexes import live_through_everything

EMAIL, PHONE = "tilda.quux@quux.example", "+491713920090"
PERSON = {"first_name": "Tilda", "last_name": "Quux", "email": "Tilda.Quux@quux.example", "phone": "+49 (0)171 / 392 00 90"}
# What would tell who it was, however it is written.
TRACES = ("quux", "tilda", "3920090", "392 00 90", "wuthering", "zeppelin")
ASKED = {"email": EMAIL, "reason": "asked by letter, case 17"}
Mongo = AsyncMongoClient[dict[str, Any]]


def tilda(**more: Any) -> LeadSubmitted:
    words = {"interest": {"need": "wuthering", "notes": "zeppelin"}, "attributes": {"nick": "quux"}, "consent": {"basis": "told tilda"}}
    return submission(person=PERSON, company={"name": "Quux Family"}, **words, **more)


async def traces(mongo: Mongo, *, of: str = "leads") -> list[tuple[str, str]]:
    """Where anything is left, in this database and in its audit."""
    found = []
    for database in (mongo[of], mongo[f"{of}_audit"]):
        for name in await database.list_collection_names():
            async for row in database[name].find():
                text = str(row).lower()
                found += [(name, trace) for trace in TRACES if trace in text]
    return found


async def everywhere(db: Database) -> None:
    """Somebody who came in by every way and was worked on, and somebody else who came beside them."""
    await carried(db, tilda(external_id="quux-1"), submission())
    await carried(db, tilda(source="partner"), from_outside(tilda(external_id="quux-1"), event_id="again"))
    await hear(service, db, EngagementRecorded(email=EMAIL, kind="call", detail="zeppelin", occurred_at=utcnow()))
    for email in ("tilda@quux.example", "somebody@x.example"):
        await hear(service, db, EngagementRecorded(email=email, kind="call", occurred_at=utcnow()))
    known = {"name": "x", "owner_id": "fay", "opportunity_id": "o", "contacts": [Contact(email=EMAIL)]}
    await hear(service, db, AccountOpened(account_id="a", version=1, opened_at=utcnow(), **known))
    await heard_unreadable(db)
    lead = next(lead for lead in await leads_of(db) if lead["person"]["last_name"] == "Quux")
    asked = {"_id": "a1", "lead_id": lead["_id"], "provider_id": "p", "key": "p|1", "status": "answered", "problems": ["no title: Quux"]}
    await db.collection("enrichments").insert_one(asked)
    await asked_to_agree(db)
    async with admin(db) as client:
        contacted = {"idempotency-key": "k1"}
        await told(client, "POST", f"/leads/{lead['_id']}/contact", {"channel": "call tilda"}, headers=contacted)
        await merge_with_another(db, client, lead["_id"])
        file = f"email,budget\n{EMAIL},-5\nother@x.example,-5\n"
        await client.post("/imports", files={"file": ("l.csv", file)}, data={"source": "fair"})
        while await read_imports(db):
            pass
        await refused_by_webhook(client)
        await told(client, "POST", "/leads", {"source": "web", "person": {"email": EMAIL, "last_name": "Quux"}}, expect=202)


async def asked_to_agree(db: Database) -> None:
    """They agreed to one source, and wait in front of another with what took them for spam."""
    times = {"created_at": utcnow(), "updated_at": utcnow(), "asked_at": utcnow(), "expires_at": utcnow() + timedelta(days=7)}
    for number, status in enumerate(("given", "requested")):
        said: dict[str, Any] = {"status": status, "given_from": "zeppelin", "email": EMAIL, "sender": "Acme", "text": "news"}
        consent = ConsentRecord(id=f"c{number}", source=f"source-{number}", **said, **times)
        await db.collection("consents").insert_one(consent.to_document())
    for status in ("spam", "unconfirmed"):
        came = {"raw": EMAIL.encode(), "held": b'{"need": "wuthering"}', "proof": {"address": "zeppelin"}, "received_at": utcnow()}
        await db.collection("submissions").insert_one({"_id": status, "source": "web", "status": status, **came})


async def heard_unreadable(db: Database) -> None:
    await hear_raw(
        service, db, raw("lead.submitted", b'{"source": 7, "person": {"email": "tilda.quux\\u0040quux.example"}}', key=EMAIL.encode())
    )


async def merge_with_another(db: Database, client: Any, lead_id: str) -> None:
    """Under another address they were another lead, until somebody noticed."""
    (captured,) = of(LeadCaptured, await carried(db, bare(person={"email": "tilda@quux.example", "last_name": "Quux"})))
    await told(client, "POST", f"/leads/{lead_id}/merge", {"lead_id": captured.lead_id})


async def refused_by_webhook(client: Any) -> None:
    mapping = {"fields": {"external_id": "id", "person.email": "mail", "interest.budget": "budget"}}
    await told(client, "PUT", "/sources/chat/mapping", {"mapping": mapping, "sample": {"mail": "a@x.example"}})
    key = (await told(client, "POST", "/sources/chat/keys", {}, expect=201))["key"]
    body = {"id": EMAIL, "mail": EMAIL, "budget": "zeppelin"}
    await client.post("/sources/chat/webhook", json=body, headers={"x-api-key": key})


async def test_nothing_that_tells_who_it_was_is_left_anywhere_and_others_keep_everything(database_of: DatabaseOf, mongo: Mongo) -> None:
    db = await fresh(database_of)
    await everywhere(db)
    where = {name for name, _ in await traces(mongo)}
    assert where >= {"leads", "submissions", "engagements", "history", "parked", "outbox", "idempotency", "enrichments"}
    assert where >= {"import_rejects", "import_chunks", "webhook_receipts", "consents"}
    before = {name: await mongo["leads"][name].count_documents({}) for name in where}
    async with admin(db) as client:
        certificate = await told(client, "POST", "/erasures", ASKED)
    assert await traces(mongo) == []
    assert certificate["erased"].keys() >= where | {"customers"}
    assert await mongo["leads"]["history"].count_documents({}) > before["history"]
    ends = await db.collection("submissions").find({"_id": {"$in": ["spam", "unconfirmed"]}}).sort("_id", 1).to_list(None)
    assert [row["status"] for row in ends] == ["discarded", "refused"]
    (other,) = [lead for lead in await leads_of(db) if lead["status"] != "erased"]
    assert other["person"]["last_name"] == "Silva"
    assert b"Silva" in (await db.collection("submissions").find_one({"_id": other["submission_id"]}))["raw"]
    assert "other@x.example" in str(await db.collection("import_rejects").find().to_list(None))


async def test_rows_of_files_that_were_read_or_taken_back_are_erased_as_a_whole(database_of: DatabaseOf, mongo: Mongo) -> None:
    db = await fresh(database_of)
    heading, others = "email,first_name,last_name,company", [f"p{number}@x.example,Bob,Other,Firm {number}" for number in range(3)]
    named = f"{EMAIL},Tilda,Quux,Quux Family"
    async with admin(db) as client:
        state = await taken(db, client, "\n".join([heading, others[0], named, *others[1:]]))
        await told(client, "POST", f"/imports/{state['import_id']}/undo", expect=202)
        await read_all(db)
        assert {name for name, _ in await traces(mongo)} == {"submissions", "import_chunks"}
        await told(client, "POST", "/erasures", ASKED)
    assert await traces(mongo) == []
    (chunk,) = await db.collection("import_chunks").find().to_list(None)
    assert chunk["data"].decode().split("\n") == [heading, others[0], " " * len(named), *others[1:]]


async def test_what_a_lead_left_behind_that_went_with_its_file_is_erased_too(database_of: DatabaseOf, mongo: Mongo) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await taken(db, client, f"email,last_name,phone\n{EMAIL},Quux,\n{EMAIL},Quux,{PHONE}\n")
        await hear(service, db, EngagementRecorded(email=EMAIL, kind="call", detail="zeppelin", occurred_at=utcnow()))
        assert {"history", "engagements"} <= {name for name, _ in await traces(mongo)}
        await told(client, "POST", f"/imports/{state['import_id']}/undo", expect=202)
        await read_all(db)
        (engagement,) = await db.collection("engagements").find().to_list(None)
        assert (engagement["lead_id"], engagement["stranger"]) == (None, EMAIL)
        await told(client, "POST", "/erasures", ASKED)
    assert await traces(mongo) == []


@pytest.mark.parametrize("at", [1, 60, store.CHUNK_BYTES - 40])
async def test_a_row_that_lies_across_chunks_is_erased_before_it_is_read(database_of: DatabaseOf, mongo: Mongo, at: int) -> None:
    """`at` is how many bytes before the end of the first chunk it begins."""
    db = await fresh(database_of)
    heading, row = "email,first_name,last_name,company", f"{EMAIL},Tilda,Quux,Quux {'Family' * 3}\n"
    before = f"{heading}\n"
    filling = "".join(f"{number}@x.example,,,\n" for number in range(10_000, 20_000))[: store.CHUNK_BYTES - at - len(before) - 1] + "\n"
    async with admin(db) as client:
        state = await send(client, before + filling + row + "last@x.example,Bob,Other,Firm\n")
        await told(client, "POST", "/erasures", ASKED)
        assert [name for name, _ in await traces(mongo)] == []
        await read_all(db)
        assert (await shown(client, state))["rows"] == (before + filling).count("\n")


@pytest.mark.parametrize("separator", [",", ";"])
async def test_a_row_of_several_lines_is_erased_with_all_of_them_and_its_neighbours_keep_theirs(
    database_of: DatabaseOf, mongo: Mongo, separator: str
) -> None:
    db = await fresh(database_of)
    heading, before, after = "email,notes,last_name", 'p@x.example,"a 5"" pipe\nand more",Other', 'q@x.example,"one\nmore",Other'
    named = f'{EMAIL},"wuthering\n\nzeppelin",Quux'
    file = "\n".join([heading, before, named, after, 'r@x.example,5" pipe,Other', ""]).replace(",", separator)
    async with admin(db) as client:
        state = await send(client, file)
        await told(client, "POST", "/erasures", ASKED)
        assert await traces(mongo) == []
        await read_all(db)
        assert (await shown(client, state))["accepted"] == 3
    (chunk,) = await db.collection("import_chunks").find().to_list(None)
    blank = "\n".join(" " * len(line) for line in named.split("\n"))
    assert chunk["data"].decode() == file.replace(named.replace(",", separator), blank)


@pytest.mark.parametrize("at", [30, 60, 90])
async def test_a_row_of_several_lines_that_lies_across_chunks_is_erased_whole(database_of: DatabaseOf, mongo: Mongo, at: int) -> None:
    """`at` is how many bytes before the end of the first chunk it begins."""
    db = await fresh(database_of)
    others = "".join(f'{number}@x.example,"a\nb",\n' for number in range(10_000, 20_000))
    row, end = f'"{EMAIL}","' + "wuthering\n" * 6 + 'zeppelin",Quux\n', store.CHUNK_BYTES - at
    before = f"email,notes,last_name\n{others}"[: end - 30].rpartition(",\n")[0] + ",\n"
    async with admin(db) as client:
        await send(client, before + " " * (end - len(before) - 1) + "\n" + row + others)
        await told(client, "POST", "/erasures", ASKED)
    assert await traces(mongo) == []
    left = "".join([row["data"].decode() async for row in db.collection("import_chunks").find().sort("_id", 1)])
    assert left.count("@x.example") == (before + others).count("@x.example")


async def test_two_who_are_erased_at_once_are_both_gone_from_their_file(database_of: DatabaseOf, mongo: Mongo) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        await send(client, f"email,last_name\nbob@x.example,Other\n{EMAIL},Quux\n")
        people = [await find_person(db, keys=[f"e:{email}"]) for email in ("bob@x.example", EMAIL)]
        found = [await find_all_of(db, person) for person in people]
        for person, theirs in zip(people, found, strict=True):
            await db.transact(lambda tx, p=person, f=theirs: erase_person(tx, p, f, "asked"))  # type: ignore[misc]
    (chunk,) = await db.collection("import_chunks").find().to_list(None)
    assert chunk["data"].decode().split() == ["email,last_name"]


async def test_what_the_history_of_another_tells_of_who_was_part_of_it_is_erased(database_of: DatabaseOf, mongo: Mongo) -> None:
    db = await fresh(database_of)
    await carried(db, submission(person={"email": "bob@x.example", "last_name": "Other"}))
    bob = await the_lead(db)
    await carried(db, tilda())
    (other,) = [lead["_id"] for lead in await leads_of(db) if lead["_id"] != bob["_id"]]
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{bob['_id']}/merge", {"lead_id": other})
        await told(client, "POST", f"/leads/{bob['_id']}/unmerge")
        await told(client, "POST", "/erasures", ASKED)
        assert await traces(mongo) == []
        history = (await told(client, "GET", f"/leads/{bob['_id']}/history"))["items"]
    assert [change["what"] for change in history] == ["unmerged", "merged", "assigned", "captured"]


async def test_a_lead_that_was_erased_is_left_alone_when_its_file_is_taken_back(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, tilda())
    async with admin(db) as client:
        state = await taken(db, client, f"email,last_name,company\n{EMAIL},Quux,Quux Family\n")
        await told(client, "POST", "/erasures", ASKED)
        erased = await the_lead(db)
        await told(client, "POST", f"/imports/{state['import_id']}/undo", expect=202)
        await read_all(db)
        assert (await shown(client, state))["status"] == "undone"
    assert await the_lead(db) == erased


async def test_it_is_said_once_and_asked_again_the_same_certificate_is_the_answer(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, tilda())
    lead = await the_lead(db)
    async with admin(db) as client:
        first = await told(client, "POST", "/erasures", ASKED)
        (erased,) = of(PersonErased, await said(db))
        assert await told(client, "POST", "/erasures", ASKED) == first
        for again in ({"lead_id": lead["_id"]}, {"phone": PHONE}):
            assert await told(client, "POST", "/erasures", again | {"reason": "sure?"}) == first
        assert await said(db) == []
        assert await told(client, "GET", f"/erasures/{first['id']}") == first
        assert (await told(client, "GET", "/erasures"))["items"] == [first]
    assert (erased.lead_ids, erased.email_hashes) == (
        [lead["_id"]],
        Forgotten(frozenset(), frozenset([EMAIL]), frozenset(), frozenset()).email_hashes,
    )
    assert (first["lead_ids"], first["announced"], first["erased_by"]) == ([lead["_id"]], "person.erased", "user:ana")


async def test_what_came_after_an_erasure_is_somebody_new_who_may_ask_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, tilda())
    async with admin(db) as client:
        first = await told(client, "POST", "/erasures", ASKED)
        await said(db)
        await carried(db, tilda())
        assert [lead["status"] for lead in await leads_of(db)] == ["erased", "qualified"]
        second = await told(client, "POST", "/erasures", ASKED)
    assert (len(of(PersonErased, await said(db))), second["id"] != first["id"]) == (1, True)


async def test_an_erased_lead_waits_for_nobody_and_nothing_can_be_done_with_it(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, tilda())
    lead = await the_lead(db)
    async with admin(db) as client:
        await told(client, "POST", "/erasures", ASKED)
        shown = await told(client, "GET", f"/leads/{lead['_id']}")
        rows = (await told(client, "GET", f"/leads/{lead['_id']}/history"))["items"]
        for verb, body in (("contact", {}), ("claim", None), ("assign", {"owner_id": "fay"}), ("qualify", {"reason": "x"})):
            await told(client, "POST", f"/leads/{lead['_id']}/{verb}", body, expect=409)
    assert (shown["status"], shown["person"]["email"], shown["owner_id"]) == ("erased", None, lead["owner_id"])
    assert [(row["what"], row["why"]) for row in rows] == [("erased", None), ("assigned", None), ("captured", None)]


async def test_what_was_on_its_way_when_its_sender_was_erased_is_not_captured_any_more(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        accepted = await told(client, "POST", "/leads", {"source": "web", "person": {"email": EMAIL}}, expect=202)
        in_flight = await said(db)
        await told(client, "POST", "/erasures", ASKED)
        await heard(db, *in_flight)
        fate = await told(client, "GET", accepted["look"])
    assert await leads_of(db) == []
    assert (fate["status"], fate["rule"]) == ("refused", "erased")


async def test_what_is_still_to_be_said_of_the_lead_is_said_without_the_person(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await hear(service, db, tilda(), submission())
    async with admin(db) as client:
        await told(client, "POST", "/erasures", ASKED)
    qualified = of(LeadQualified, await said(db))
    assert sorted(str(event.person.last_name) for event in qualified) == ["None", "Silva"]
    (theirs,) = [event for event in qualified if event.person.last_name is None]
    assert (theirs.company.name, theirs.interest.notes, theirs.company.country) == (None, None, "DE")


async def test_who_asks_names_somebody_and_a_reason_without_naming_them_in_it(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, tilda())
    wrong = [
        ({"reason": "x"}, 422),
        ({"email": EMAIL}, 422),
        ({"email": EMAIL, "phone": PHONE, "reason": "x"}, 422),
        ({"email": "jo@", "reason": "x"}, 422),
        ({"phone": "0171 392", "reason": "x"}, 422),
        ({"lead_id": "nobody", "reason": "x"}, 404),
        ({"email": EMAIL, "reason": f"{EMAIL.upper()} wrote"}, 422),
    ]
    async with admin(db) as client:
        for body, status in wrong:
            await told(client, "POST", "/erasures", body, expect=status)
    assert (await the_lead(db))["status"] == "qualified"


@pytest.mark.parametrize(
    ("role", "teams", "status"),
    [("privacy", (), 200), ("manager", ("europe",), 200), ("manager", ("world",), 403), ("rep", ("europe",), 403), ("agent", (), 403)],
)
async def test_privacy_erases_anybody_and_managers_whom_only_their_teams_know(
    database_of: DatabaseOf, role: str, teams: tuple[str, ...], status: int
) -> None:
    db = await fresh(database_of)
    await carried(db, tilda())
    async with api_client(service, db, roles=(role,), subject="max", teams=teams) as client:
        await told(client, "POST", "/erasures", ASKED, expect=status)
        await told(client, "GET", "/leads", expect=403 if role == "privacy" else 200)


@pytest.mark.parametrize("who", ["ana", "bob"])
async def test_who_has_the_same_telephone_is_somebody_else_and_keeps_everything(database_of: DatabaseOf, who: str) -> None:
    db = await fresh(database_of)
    people = {
        name: {"first_name": name, "last_name": f"{name}son", "email": f"{name}@x.example", "phone": PHONE} for name in ("ana", "bob")
    }
    for person in people.values():
        await compared(db, bare(person=person))
    await hear_raw(
        service, db, raw("lead.submitted", json.dumps({"source": 7, "person": people["bob" if who == "ana" else "ana"]}).encode())
    )
    async with admin(db) as client:
        certificate = await told(client, "POST", "/erasures", {"email": f"{who}@x.example", "reason": "asked"})
        assert await told(client, "POST", "/erasures", {"email": f"{who}@x.example", "reason": "asked"}) == certificate
    left = {lead["person"].get("first_name") for lead in await leads_of(db)}
    assert left == {None, *people} - {who}
    assert await db.collection("parked").count_documents({"status": "parked"}) == 1


async def test_somebody_known_to_others_alone_is_erased_by_their_address(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        certificate = await told(client, "POST", "/erasures", {"email": "known@elsewhere.example", "reason": "asked"})
    (erased,) = of(PersonErased, await said(db))
    assert (certificate["erased"], erased.lead_ids, len(erased.email_hashes)) == ({}, [], 1)


async def test_every_collection_states_what_it_holds_of_a_person(database_of: DatabaseOf, mongo: Mongo) -> None:
    """Whoever adds one adds its line to `HOLDINGS`, and what is to be found in it afterwards to `everywhere`."""
    db = await fresh(database_of)
    await live_through_everything(db)
    async with admin(db) as client:
        await told(client, "POST", "/erasures", ASKED)
    stated = [holding.collection for holding in HOLDINGS]
    there = {index.collection for index in INDEXES} | set(COLLECTIONS.values()) | set(await mongo["leads"].list_collection_names())
    assert sorted(there - {*stated, "system.profile"}) == []
    assert len(stated) == len(set(stated))
    assert [one.collection for one in HOLDINGS if (one.wipe is None) != (not one.holds)] == []


def test_what_the_register_says_of_indexes_is_what_they_do() -> None:
    expiring = {(index.collection, index.keys[0][0]): index.expire_after_seconds for index in (*SHARED_INDEXES, *INDEXES)}
    for holding in HOLDINGS:
        if holding.by in ("index", "row"):
            days = holding.days if holding.by == "index" else 0
            seconds = expiring[holding.collection, holding.age]
            assert seconds == (days or 0) * 24 * 3600 or (holding.by == "row" and holding.collection == "leases"), holding
    told_of = {(holding.collection, holding.age) for holding in HOLDINGS}
    assert [place for place, seconds in expiring.items() if seconds is not None and place not in told_of] == []


async def test_rows_go_from_the_oldest_on_when_they_have_been_kept_long_enough(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, *(submission() for _ in range(5)))
    rows = await db.collection("submissions").find().hint([("$natural", 1)]).to_list(None)
    for row in rows[:3]:
        old = {"received_at": utcnow() - timedelta(days=RETENTION_DAYS["submissions"] + 1)}
        await db.collection("submissions").update_one({"_id": row["_id"]}, {"$set": old})
    assert await drop_old_rows(db) == 3
    assert await drop_old_rows(db) == 0
    db.retention_days = {"submissions": 1}
    await db.collection("submissions").update_many({}, {"$set": {"received_at": utcnow() - timedelta(days=2)}})
    assert await drop_old_rows(db) == 2


async def test_a_time_that_lies_ahead_keeps_nothing_longer(database_of: DatabaseOf) -> None:
    db, ahead = await fresh(database_of), utcnow() + timedelta(days=20_000)
    envelope = Envelope("e1", "/partner", ahead, "e1")
    await heard(db, submission().in_envelope(envelope), submission())
    await hear(service, db, EngagementRecorded(email=EMAIL, kind="call", occurred_at=ahead))
    db.retention_days = dict.fromkeys(("submissions", "engagements"), 0)
    assert await drop_old_rows(db) == 3


async def test_another_time_to_keep_something_is_taken_over_at_the_next_start(database_of: DatabaseOf, servers: Servers) -> None:
    await database_of("leads")
    for days in (7, RETENTION_DAYS["parked"]):
        db = await connect(servers.mongo_uri, "leads", retention_days={"parked": days})
        await service.prepare(db)
        expiring = (await db.collection("parked").index_information())["parked_at_1"]
        assert expiring["expireAfterSeconds"] == days * 24 * 3600
        db.close()


async def test_a_time_for_what_is_not_there_or_may_not_be_set_is_refused_at_the_start(database_of: DatabaseOf) -> None:
    db = await database_of("leads")
    db.retention_days = {"inbox": 1}
    with pytest.raises(Misconfigured, match="DEALWIRE_LEADS_RETENTION_DAYS .* inbox"):
        await service.prepare(db)

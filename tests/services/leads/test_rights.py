"""Who sees which leads, and which of their fields."""

from collections.abc import Iterable
from typing import Any

import httpx
import pytest

from services.leads.main import service
from services.leads.service import Aside, keep_aside, read_imports
from services.leads.service.enrichment.providers import forget_providers
from services.leads.service.policies import forget_policy
from shared.database import Database, utcnow
from shared.events import ConsentRequested, EngagementRecorded, LeadQualified, MaskingActivated
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, said
from tests.services.leads.builders import admin, bare, carried, fresh, heard, leads_of, manager, of, rep, submission, the_lead, told
from tests.services.leads.forms import visitor, with_opt_in
from tests.services.leads.knowers import EMPLOYEES, asking, provided, settled
from tests.shared.outsiders import outsider

NOWHERE = {"name": "big", "text": "only big ones", "expression": "company.employees > 1000", "team_id": "world"}
SECRETS = ("2718281", "EUR", "@acme", "quieter")


async def of_two_teams(database_of: DatabaseOf) -> tuple[Database, dict[str, Any], dict[str, Any]]:
    """A lead of Europe, and one of the rest of the world."""
    db = await fresh(database_of)
    await carried(db, submission(), submission(company={"country": "BR"}))
    ours, theirs = sorted(await leads_of(db), key=lambda lead: lead["team_id"])
    return db, ours, theirs


async def masked(db: Database, **hidden: list[str]) -> None:
    async with admin(db) as client:
        version = (await told(client, "POST", "/masking", {"hidden": hidden}, expect=201))["version"]
        await told(client, "POST", f"/masking/{version}/activate")


async def test_whoever_belongs_to_a_team_sees_its_leads_at_every_door_and_no_others(database_of: DatabaseOf) -> None:
    db, ours, theirs = await of_two_teams(database_of)
    async with rep(db, "somebody", "europe") as seller, manager(db, "europe") as boss:
        for client in (seller, boss):
            assert [lead["id"] for lead in (await told(client, "GET", "/leads"))["items"]] == [ours["_id"]]
            assert (await told(client, "GET", f"/leads?q={theirs['person']['email']}"))["items"] == []
            assert [one["lead_id"] for one in (await told(client, "GET", "/submissions"))["items"]] == [ours["_id"]]
            ids = [lead["submission_id"] for lead in (ours, theirs)]
            found = (await told(client, "POST", "/submissions/lookup", {"ids": ids}))["items"]
            assert [one["lead_id"] for one in found] == [ours["_id"]]
            for path in ("leads/{_id}", "leads/{_id}/history", "submissions/{submission_id}", "submissions/{submission_id}/history"):
                await told(client, "GET", f"/{path.format(**ours)}")
                await told(client, "GET", f"/{path.format(**theirs)}", expect=404)
            for verb, body in (("claim", None), ("contact", {}), ("disqualify", {"reason": "x"}), ("merge", {"lead_id": ours["_id"]})):
                await told(client, "POST", f"/leads/{theirs['_id']}/{verb}", body, expect=404)
        await told(boss, "GET", f"/submissions/{theirs['submission_id']}/payload", expect=404)
        assert await told(boss, "GET", "/leads/summary") == {
            "leads": 1,
            "by_status": {"qualified": 1},
            "by_source": {"web": 1},
            "by_owner": {ours["owner_id"]: 1},
        }


async def test_what_was_refused_is_seen_by_managers_and_by_who_handed_it_in(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(person={"email": "jo@"}))
    async with rep(db, "somebody", "europe") as seller, manager(db, "europe") as boss:
        own = await told(seller, "POST", "/leads", {"source": "fair", "person": {"email": "a@x.example"}}, expect=202)
        assert [one["submission_id"] for one in (await told(seller, "GET", "/submissions"))["items"]] == [own["submission_id"]]
        assert len((await told(boss, "GET", "/submissions"))["items"]) == 2
    await said(db)


async def test_a_good_lead_that_no_rule_sends_anywhere_may_be_claimed_by_anybody_until_somebody_has(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        await told(client, "POST", "/routing", {"rules": [NOWHERE]}, expect=201)
        await told(client, "POST", "/routing/2/activate")
        told_of = await heard(db, submission(), bare(person={"email": "weak@x.example"}))
        assert [event.to_claim for event in told_of if isinstance(event, LeadQualified)] == ["anybody", None]
        by_hand = next(lead for lead in await leads_of(db) if lead["status"] == "disqualified")
        async with rep(db, "ana", "europe") as ana, rep(db, "fay", "world") as fay, manager(db, "world") as boss:
            (unrouted,) = (await told(fay, "GET", "/leads"))["items"]
            assert (await told(boss, "GET", "/leads/summary"))["by_owner"] == {"": 1}
            await told(client, "POST", f"/leads/{by_hand['_id']}/qualify", {"reason": "a friend"})
            assert [event.to_claim for event in await said(db) if isinstance(event, LeadQualified)] == ["anybody"]
            assert len((await told(ana, "GET", "/leads"))["items"]) == 2
            await told(ana, "POST", f"/leads/{unrouted['id']}/claim")
            assert [lead["id"] for lead in (await told(fay, "GET", "/leads"))["items"]] == [by_hand["_id"]]
            await told(fay, "POST", f"/leads/{unrouted['id']}/claim", expect=404)
            await told(client, "POST", f"/leads/{by_hand['_id']}/disqualify", {"reason": "no friend"})
            assert (await told(fay, "GET", "/leads"))["items"] == []
    forget_policy(db)


async def test_a_file_is_followed_by_who_handed_it_in_and_by_who_sees_all_leads(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with rep(db, "ana", "europe") as ana, rep(db, "fay", "world") as fay, admin(db) as boss:
        handed_in = await ana.post("/imports", files={"file": ("l.csv", "email\njo@\n")}, data={"source": "fair"})
        while await read_imports(db):
            pass
        place = handed_in.headers["location"]
        for client, status, listed in ((ana, 200, 1), (fay, 404, 0), (boss, 200, 1)):
            await told(client, "GET", place, expect=status)
            assert (await client.get(f"{place}/rejected")).status_code == status
            assert len((await told(client, "GET", "/imports"))["items"]) == listed


async def told_of(secrets: Iterable[str], client: httpx.AsyncClient, lead: dict[str, Any]) -> list[str]:
    """Those that any of the doors tells."""
    paths = ("/leads", f"/leads/{lead['_id']}", f"/leads/{lead['_id']}/history", f"/submissions/{lead['submission_id']}", "/submissions")
    text = "".join([(await client.get(path)).text for path in paths])
    return [secret for secret in secrets if secret in text]


async def test_a_role_sees_nothing_of_what_is_masked_for_it_at_any_door(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    words = {"interest": {"notes": "quieter at night", "budget": "2718281"}, "attributes": {"mail": "ana@acme.example"}}
    await carried(db, submission(person={"email": "ana@acme.example", "phone": "call @acme"}, **words))
    await carried(db, submission(person={"email": "ana@acme.example", "phone": "+491713920090"}, interest={"budget": "3141592"}))
    lead = await the_lead(db)
    async with rep(db, lead["owner_id"], "europe") as seller, manager(db, "europe") as boss:
        assert await told_of(SECRETS, seller, lead) == list(SECRETS)
        await masked(db, rep=["money", "contact", "words"])
        assert await told_of((*SECRETS, "3141592", "3920090"), seller, lead) == []
        assert await told_of(["interest.budget"], seller, lead)
        contacted = await told(seller, "POST", f"/leads/{lead['_id']}/contact", {})
        assert (contacted["person"]["email"], contacted["person"]["last_name"]) == (None, "Silva")
        assert contacted["masked"] == sorted(
            ["attributes", "company.annual_revenue", "interest.budget", "interest.currency", "interest.need", "interest.notes"]
            + ["detail", "email", "enrichment", "given_from", "monthly_cost", "person.email", "person.phone", "proof.address"]
        )
        assert await told_of(SECRETS, boss, lead) == list(SECRETS)


async def test_nobody_finds_out_a_masked_address_by_searching_for_its_beginning(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(person={"email": "ana@acme.example", "phone": "+491713920090"}))
    await masked(db, rep=["contact"])
    async with rep(db, "ana", "europe") as seller, admin(db) as boss:
        for typed, found in (("ana@", 0), ("%2B4917", 0), ("Acme", 1)):
            assert len((await told(seller, "GET", f"/leads?q={typed}"))["items"]) == found
            assert len((await told(boss, "GET", f"/leads?q={typed}"))["items"]) == 1


async def test_what_somebody_agreed_to_is_told_from_the_first_time_on(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    for consent in ({"marketing": True, "basis": "form"}, {"basis": "form"}, {"marketing": False}, {"marketing": True, "basis": "phone"}):
        await carried(db, submission(person={"email": "ana@acme.example"}, consent=consent))
    lead = await the_lead(db)
    async with rep(db, lead["owner_id"], "europe") as seller, rep(db, "fay", "world") as other:
        items = (await told(seller, "GET", f"/leads/{lead['_id']}/consent-history"))["items"]
        await told(other, "GET", f"/leads/{lead['_id']}/consent-history", expect=404)
    said_so = [(one["consent"]["marketing"], one["consent"]["basis"]) for one in items]
    assert said_so == [(True, "phone"), (False, "form"), (True, "form")]
    assert (items[-1]["submission_id"], items[-1]["by"], items[0]["by"]) == (lead["submission_id"], None, "lead.submitted")


@pytest.mark.parametrize("asked", ["sort=-interest.budget", "interest.budget__gte=1000", "person.email=a@x.example", "attributes.x=1"])
async def test_nothing_is_found_or_put_in_order_by_a_masked_field(database_of: DatabaseOf, asked: str) -> None:
    db = await fresh(database_of)
    await masked(db, rep=["money", "contact", "words"])
    async with rep(db, "ana", "europe") as seller:
        problem = await told(seller, "GET", f"/leads?{asked}", expect=403)
    assert problem["violations"][0]["rule"] == "masked"


async def test_what_a_source_costs_and_rows_that_were_rejected_are_masked_too(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    cost = {"amount": "1500.00", "currency": "EUR"}
    await masked(db, rep=["money"])
    async with admin(db) as client, rep(db, "ana", "europe") as seller:
        await told(client, "PATCH", "/sources/web", {"monthly_cost": cost})
        for path in ("/sources", "/sources/web", "/sources/web/history"):
            assert "1500" in (await client.get(path)).text
            assert "1500" not in (await seller.get(path)).text
        await told(seller, "GET", "/sources?monthly_cost=1", expect=403)
        handed_in = await seller.post("/imports", files={"file": ("l.csv", "email\njo@\n")}, data={"source": "fair"})
        await told(seller, "GET", f"{handed_in.headers['location']}/rejected", expect=403)


async def test_from_where_and_under_which_address_somebody_agreed_is_masked_with_addresses(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await with_opt_in(db)
    (asked,) = of(ConsentRequested, await carried(db, submission(person={"email": "ana@acme.example"})))
    async with visitor(db) as stranger:
        assert (await stranger.post(asked.link.removeprefix("http://dealwire.test"))).status_code == 200
    await carried(db, *await said(db))
    lead = await the_lead(db)
    async with rep(db, "fay", lead["team_id"]) as seller, rep(db, "somebody", "nowhere") as other:
        (open_to_them,) = (await told(seller, "GET", f"/leads/{lead['_id']}/consents"))["items"]
        await masked(db, rep=["contact"])
        (shown,) = (await told(seller, "GET", f"/leads/{lead['_id']}/consents"))["items"]
        await told(other, "GET", f"/leads/{lead['_id']}/consents", expect=404)
    assert (open_to_them["email"], bool(open_to_them["given_from"])) == ("ana@acme.example", True)
    assert (shown["email"], shown["given_from"], shown["status"], shown["text"]) == (None, None, "given", open_to_them["text"])
    forget_policy(db)


async def test_what_somebody_wrote_in_a_reply_is_masked_with_words(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(person={"email": "ana@acme.example"}))
    lead = await the_lead(db)
    reply = EngagementRecorded(email="ana@acme.example", kind="email_reply", detail="quieter at night", occurred_at=utcnow())
    await hear(service, db, reply)
    await masked(db, rep=["words"])
    async with rep(db, lead["owner_id"], "europe") as seller, admin(db) as boss:
        seen = [(await told(client, "GET", f"/leads/{lead['_id']}/touches"))["last"] for client in (seller, boss)]
    assert [(one["source"], one["detail"]) for one in seen] == [("email_reply", None), ("email_reply", "quieter at night")]


async def test_from_where_somebody_filled_in_a_form_is_masked_with_addresses(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission())
    lead = await the_lead(db)
    proof = {"address": "192.0.2.7", "language": "de"}
    await db.collection("submissions").update_one({"_id": lead["submission_id"]}, {"$set": {"proof": proof}})
    async with rep(db, lead["owner_id"], "europe") as seller, admin(db) as boss:
        assert await told_of(["192.0.2.7"], seller, lead) == ["192.0.2.7"]
        await masked(db, rep=["contact"])
        assert await told_of(["192.0.2.7"], seller, lead) == []
        looked_up = await told(seller, "POST", "/submissions/lookup", {"ids": [lead["submission_id"]]})
        assert [one["proof"] for one in looked_up["items"]] == [{"language": "de"}]
        assert await told_of(["192.0.2.7"], boss, lead) == ["192.0.2.7"]


async def test_what_providers_told_in_their_own_words_is_masked_and_that_they_were_asked_is_not(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    answer = {"size": "call ana@acme.example", "score": 640}
    fields = [EMPLOYEES, {"field": "enrichment.credit_score", "path": "score"}]
    async with outsider(lambda request: answer) as system:
        await provided(db, system.url, fields=fields)
        await heard(db, submission(company={"domain": "acme.example", "employees": None}))
        async with asking(db):
            await settled(db)
    await carried(db, *await said(db))
    lead = await the_lead(db)
    path = f"/leads/{lead['_id']}/enrichments"
    async with rep(db, "fay", lead["team_id"]) as seller, manager(db, lead["team_id"]) as boss, rep(db, "somebody", "nowhere") as other:
        (open_to_them,) = (await told(seller, "GET", path))["items"]
        assert (await told(seller, "GET", f"/leads/{lead['_id']}"))["enrichment"] == {"firms": {"credit_score": 640}}
        await masked(db, rep=["money"])
        (shown,) = (await told(seller, "GET", path))["items"]
        assert (await told(seller, "GET", f"/leads/{lead['_id']}"))["enrichment"] == {}
        assert (await told(boss, "GET", path))["items"] == [open_to_them]
        await told(other, "GET", path, expect=404)
    assert ([text.split()[0] for text in open_to_them["problems"]], shown["problems"]) == (["company.employees"], [])
    assert (shown["provider"], shown["status"], shown["fields"]) == ("firms", "answered", open_to_them["fields"])
    forget_providers(db)


async def test_only_who_sees_a_submission_releases_or_discards_it(database_of: DatabaseOf) -> None:
    db, ours, theirs = await of_two_teams(database_of)
    aside = Aside("web", "spam", "trap", "the trap was filled in", b'{"source": "web", "person": {"email": "jo@x.example"}}', "form", {})
    kept = [await db.transact(lambda tx: keep_aside(tx, aside)) for _ in range(2)]
    async with rep(db, "somebody", "europe") as seller, manager(db, "europe") as boss:
        for verb, row in zip(("release", "discard"), kept, strict=True):
            await told(boss, "POST", f"/submissions/{theirs['submission_id']}/{verb}", expect=404)
            await told(boss, "POST", f"/submissions/{ours['submission_id']}/{verb}", expect=409)
            await told(seller, "POST", f"/submissions/{row['_id']}/{verb}", expect=403)
            await told(boss, "POST", f"/submissions/{row['_id']}/{verb}")
    assert [event.topic for event in await said(db)] == ["lead.submitted"]


async def test_who_has_several_roles_sees_what_any_of_them_sees(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission())
    await masked(db, rep=["money", "contact"], agent=["contact"])
    async with api_client(service, db, roles=("rep", "agent"), teams=("*",)) as client:
        (lead,) = (await told(client, "GET", "/leads"))["items"]
    assert (lead["person"]["email"], lead["interest"]["budget"]) == (None, "20000")


async def test_what_is_masked_is_told_with_a_number_that_rises_also_when_an_earlier_set_comes_back(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await masked(db, rep=["money"])
    await masked(db)
    async with admin(db) as client:
        await told(client, "POST", "/masking/1/activate")
    told_of = [event for event in await said(db) if isinstance(event, MaskingActivated)]
    assert [(event.version, event.masking_version, event.hidden) for event in told_of] == [
        (1, 1, {"rep": ["money"]}),
        (2, 2, {}),
        (3, 1, {"rep": ["money"]}),
    ]


async def test_what_was_masked_before_anybody_was_told_of_it_is_told_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await masked(db, rep=["contact"])
    await db.collection("masking").update_one({"_id": 1}, {"$unset": {"change": ""}})
    await said(db)
    for _ in range(2):
        await service.seed(db)
    assert [(event.topic, event.version) for event in await said(db)] == [("masking.activated", 1)]


async def test_what_is_masked_is_decided_by_admins_and_kept_in_versions(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client, manager(db, "*") as boss:
        await told(boss, "POST", "/masking", {"hidden": {"rep": ["money"]}}, expect=403)
        await told(client, "POST", "/masking", {"hidden": {"manager": ["money"]}}, expect=422)
        await masked(db, rep=["money"])
        await masked(db, rep=[])
        assert [(one["version"], one["status"]) for one in (await told(boss, "GET", "/masking"))["items"]] == [
            (2, "active"),
            (1, "retired"),
        ]
        assert (await told(boss, "GET", "/masking/1"))["hidden"] == {"rep": ["money"]}

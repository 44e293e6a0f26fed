"""Where rules can send leads: a team, a rep, a territory, the owner of the account, the claim queue; and what they would have done."""

import asyncio
from collections import Counter
from typing import Any

from services.leads.main import service
from services.leads.service.policies import forget_policy
from shared.database import Database, utcnow
from shared.events import AccountChanged, AccountOpened, Contact, LeadAssigned, LeadQualified
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.leads.builders import admin, carried, fresh, leads_of, of, rep, submission, the_lead, told

EVERYBODY = {"name": "everybody", "text": "whoever", "expression": "true"}


async def route_by(db: Database, *rules: dict[str, Any]) -> int:
    draft = {"rules": [EVERYBODY | {"name": f"r{number}"} | rule for number, rule in enumerate(rules)]}
    async with admin(db) as client:
        version: int = (await told(client, "POST", "/routing", draft, expect=201))["version"]
        await told(client, "POST", f"/routing/{version}/activate")
    return version


async def owners(db: Database, *submissions: Any) -> list[str]:
    """In the order in which they were submitted; what is said of different leads has none."""
    assigned = of(LeadAssigned, await carried(db, *submissions))
    return [event.owner_id for event in sorted(assigned, key=lambda event: event.lead_id)]


async def test_a_rule_sends_leads_to_one_rep_and_to_their_stand_in_while_they_are_away(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await route_by(db, {"rep_id": "emeka"})
    assert await owners(db, submission(), submission()) == ["emeka", "emeka"]
    async with admin(db) as client:
        leave = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2100-01-01T00:00:00Z", "stand_in": "fay"}
        await told(client, "PATCH", "/reps/emeka", {"leave": [leave]})
    assert await owners(db, submission()) == ["fay"]


async def test_a_rule_names_exactly_one_place_that_there_is(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        for places in ({}, {"team_id": "europe", "rep_id": "ana"}):
            refused = await told(client, "POST", "/routing", {"rules": [EVERYBODY | places]}, expect=422)
            assert refused["violations"][0]["rule"] == "one_place"
        rules = [EVERYBODY | {"name": name, name.replace("-", "_"): "nowhere"} for name in ("team-id", "rep-id", "territory-id")]
        refused = await told(client, "POST", "/routing", {"rules": rules}, expect=422)
    fields = ["rules.0.team_id", "rules.1.rep_id", "rules.2.territory_id"]
    assert [(one["field"], one["rule"]) for one in refused["violations"]] == [(field, "exists") for field in fields]


async def test_leads_go_to_the_reps_of_their_territory(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        await told(client, "POST", "/territories", {"id": "world", "name": "World", "team_id": "world"}, expect=201)
        germany = {"id": "germany", "name": "Germany", "parent_id": "world", "ground": {"countries": ["DE"]}, "team_id": "europe"}
        await told(client, "POST", "/territories", germany, expect=201)
        munich = {"id": "munich", "name": "Munich", "parent_id": "germany", "team_id": "europe", "rep_ids": ["chloe"]}
        ground = {"postcodes": [{"first": "80", "last": "81"}]}
        shown = await told(client, "POST", "/territories", munich | {"ground": ground}, expect=201)
        await told(client, "PATCH", "/territories/world", {"parent_id": "munich"}, expect=422)
        await told(client, "PATCH", "/territories/munich", {"rep_ids": ["fay"]}, expect=422)
        await told(client, "PATCH", "/territories/munich", {"position": 3}, expect=412, headers={"if-match": '"7"'})
        changed = await told(client, "PATCH", "/territories/munich", {"position": 3}, headers={"if-match": '"1"'})
        nowhere = await told(client, "PATCH", "/territories/munich", {"ground": {"countries": ["DE", "ZZ"]}}, expect=422)
        history = await told(client, "GET", "/territories/munich/history")
        listed = await told(client, "GET", "/territories?parent_id=germany")
    assert (shown["ground"]["postcodes"], changed["version"]) == ([{"first": "80", "last": "81"}], 2)
    assert [(one["field"], one["rule"]) for one in nowhere["violations"]] == [("ground.countries.1", "country")]
    assert [row["what"] for row in history["items"]] == ["changed", "added"]
    assert [one["id"] for one in listed["items"]] == ["munich"]
    await route_by(db, {"territory_id": "world"})
    at_home = [submission(company={"country": "DE", "postcode": "81 667"}) for _ in range(2)]
    assert await owners(db, *at_home, submission(company={"country": "BR"})) == ["chloe", "chloe", "devi"]
    assert (await leads_of(db))[0]["territory_id"] == "munich"


async def test_a_lead_of_a_customer_goes_to_who_knows_them(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    ada = Contact(contact_id="c", email="Ada@private.example")
    opened = AccountOpened(
        account_id="a",
        version=1,
        name="Acme",
        domain="acme.example",
        owner_id="fay",
        contacts=[ada],
        opportunity_id="o",
        opened_at=utcnow(),
    )
    await hear(service, db, opened)
    forget_policy(db)
    of_acme = submission(company={"domain": "www.acme.example"}, person={"email": "new@elsewhere.example"})
    of_ada = submission(person={"email": "ada@private.example"})
    assert sorted(await owners(db, of_acme, of_ada, submission())) == ["ana", "fay", "fay"]
    lead = (await leads_of(db))[0]
    assert (lead["rule"], lead["dealing"]["strategy"], lead["team_id"]) == ("existing-customer", "direct", "world")


async def test_the_newest_that_was_told_of_an_account_counts(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    changed = AccountChanged(account_id="a", version=5, name="Acme", domain="acme.example", owner_id="emeka", changed_at=utcnow())
    older = changed.model_copy(update={"version": 4, "owner_id": "fay"})
    await hear(service, db, changed)
    await hear(service, db, older)
    forget_policy(db)
    of_acme = {"company": {"domain": "acme.example"}}
    assert await owners(db, submission(**of_acme)) == ["emeka"]
    async with admin(db) as client:
        await told(client, "PATCH", "/reps/emeka", {"active": False})
    assert await owners(db, submission(**of_acme)) == ["ana"]


async def test_what_is_to_be_claimed_is_dealt_to_nobody_and_fifty_claim_it_at_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await route_by(db, {"claim_team_id": "europe"})
    qualified = of(LeadQualified, await carried(db, submission()))
    assert [(event.team_id, event.to_claim) for event in qualified] == [("europe", "team")]
    async with admin(db) as client:
        await told(client, "PATCH", "/reps/ana", {"available": False})
        await told(client, "PATCH", "/reps/ana", {"available": True})
    await pass_time(service, db, utcnow())
    await said(db)
    lead = await the_lead(db)
    clients = [rep(db, f"rep{number}", "europe") for number in range(50)]
    answers = await asyncio.gather(*(client.post(f"/leads/{lead['_id']}/claim") for client in clients))
    for client in clients:
        await client.aclose()
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 49}
    assert len(of(LeadAssigned, await said(db))) == 1
    assert await db.collection("claim_queue").count_documents({}) == 0


async def test_by_weights_each_gets_their_share_over_many_transactions(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        await told(client, "PATCH", "/reps/ana", {"weight": 3})
        await told(client, "PATCH", "/reps/bruno", {"weight": 2})
    await route_by(db, {"team_id": "europe", "strategy": "weighted"})
    dealt: Counter[str] = Counter()
    for _ in range(5):
        dealt.update(await owners(db, *(submission() for _ in range(12))))
    assert dealt == {"ana": 30, "bruno": 20, "chloe": 10}


async def test_the_least_loaded_is_found_among_what_they_had_before(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        for name in ("bruno", "chloe"):
            await told(client, "PATCH", f"/reps/{name}", {"available": False})
        await carried(db, *(submission() for _ in range(3)))
        for name in ("bruno", "chloe"):
            await told(client, "PATCH", f"/reps/{name}", {"available": True})
    await route_by(db, {"team_id": "europe", "strategy": "least_loaded"})
    assert Counter(await owners(db, *(submission() for _ in range(6)))) == {"bruno": 3, "chloe": 3}


async def test_a_simulation_says_who_would_get_what_and_changes_nothing(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission(company={"country": ("DE", "BR")[number % 2]}) for number in range(6)))
    before = await leads_of(db)
    async with admin(db) as client:
        rules = [EVERYBODY | {"name": "germans", "expression": "company.country == 'DE'", "rep_id": "emeka"}]
        rules.append(EVERYBODY | {"name": "everyone-else", "team_id": "world"})
        version = (await told(client, "POST", "/routing", {"rules": rules}, expect=201))["version"]
        simulated = await told(client, "POST", f"/routing/{version}/simulate")
        fewer = await told(client, "POST", f"/routing/{version}/simulate?leads=2")
        await told(client, "POST", f"/routing/{version}/simulate?leads=5000", expect=422)
        await told(client, "POST", "/routing/99/simulate", expect=404)
    assert (simulated["leads"], simulated["changed"], simulated["waiting"]) == (6, 3, 0)
    assert simulated["by_rule"] == {"germans": 3, "everyone-else": 3}
    assert simulated["by_owner"] == {"emeka": 4, "devi": 1, "fay": 1}
    assert simulated["by_owner_before"] == dict.fromkeys(["ana", "bruno", "chloe", "devi", "emeka", "fay"], 1)
    assert {one["was_rule"] for one in simulated["examples"]} == {"europe"}
    assert fewer["leads"] == 2
    assert await leads_of(db) == before
    assert await said(db) == []

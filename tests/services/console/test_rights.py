"""Whose leads and customers somebody sees: on every page, in every list and count, on timelines, and live."""

from typing import Any

import pytest

from services.console.main import service
from services.console.service import open_library, watchable
from shared.database import Database
from shared.events import LeadMerged, Match
from shared.principal import Principal
from tests.road import api_client, hear
from tests.services.console.customers import Life, rep, won_customer
from tests.services.console.test_customers import page, timeline
from tests.services.console.test_pages import names_on

ANA: dict[str, Any] = {"roles": {"rep"}, "subject": "ana", "teams": ("north",)}
ZOE: dict[str, Any] = {"roles": {"rep"}, "subject": "zoe", "teams": ("south",)}


def to_claim(name: str, claimants: str, team_id: str | None = None) -> Life:
    life = Life(name, f"{name} Works")
    life.captured(), life.qualified(team_id=team_id, to_claim=claimants)
    return life


async def test_a_lead_is_its_teams_as_soon_as_it_is_on_its_way_there(db: Database) -> None:
    life = Life()
    await hear(service, db, life.captured(), life.qualified(team_id="north"))
    assert await names_on(db, "/leads", **ANA) == ["Ada Lovelace"]
    assert await names_on(db, "/leads", **ZOE) == []


@pytest.mark.parametrize("path", ["/leads", "/leads?to_claim=anybody,team&sort=since", "/customers?q=grace", "/customers"])
async def test_a_lead_for_anybody_is_seen_by_all_and_one_for_a_team_by_the_team(db: Database, path: str) -> None:
    await hear(service, db, *to_claim("Grace", "anybody").events, *to_claim("Grace M.", "team", "north").events)
    assert set(await names_on(db, path, **ANA)) == {"Grace", "Grace M."}
    assert await names_on(db, path, **ZOE) == ["Grace"]
    assert set(await names_on(db, path)) == {"Grace", "Grace M."}


async def test_what_is_to_be_claimed_says_so_and_can_be_claimed_where_it_is_listed(db: Database) -> None:
    life = to_claim("Grace", "anybody")
    await hear(service, db, *life.events)
    for path in ("/leads", f"/customers/{life.lead_id}"):
        shown = await page(db, path, **ZOE)
        assert "For anybody" in shown
        assert f'action="/leads/{life.lead_id}/claim"' in shown


async def test_whoever_claims_it_first_takes_it_out_of_the_sight_of_others(db: Database) -> None:
    life = to_claim("Grace", "anybody")
    await hear(service, db, *life.events, life.assigned(owner_id="ana", team_id="north"))
    assert await names_on(db, "/leads", **ANA) == ["Grace"]
    assert await names_on(db, "/leads", **ZOE) == []
    assert await names_on(db, "/leads?to_claim=anybody,team", **ANA) == []


@pytest.mark.parametrize("end", ["disqualified", "withdrawn", "merged", "erased"])
async def test_what_is_a_lead_no_more_is_for_nobody_to_claim(db: Database, end: str) -> None:
    life, kept = to_claim("Grace", "anybody"), Life("Ada")
    endings: dict[str, Any] = {
        "disqualified": life.disqualified,
        "withdrawn": life.withdrawn,
        "merged": lambda: LeadMerged(lead_id=kept.lead_id, version=2, merged_lead_id=life.lead_id, match=Match(rule="email", score=1.0)),
        "erased": life.erased,
    }
    await hear(service, db, *life.events, endings[end]())
    assert await names_on(db, "/leads", **ZOE) == []


async def test_a_lead_that_was_taken_from_its_owner_waits_for_nobodys_answer(db: Database) -> None:
    life = Life()
    await hear(service, db, life.captured(), life.qualified(), life.assigned(), life.qualified(team_id="north", previous_grade="B"))
    lead: Any = await db.collection("leads").find_one({"_id": life.lead_id})
    assert (lead["owner_id"], lead["team_id"], lead["respond_by"], lead["overdue"]) == (None, "north", None, False)


async def test_of_a_customer_of_two_teams_each_sees_its_own_records_and_their_story(db: Database) -> None:
    life = won_customer(owner="ana", team="north")
    account = life.account_opened(owner_id="zoe")
    await hear(service, db, rep("ana", team_id="north"), rep("zoe", "Zoe Stone", team_id="south"), *life.events, account)
    told_ana, told_zoe = [(await timeline(db, life.lead_id, **who))["items"] for who in (ANA, ZOE)]
    assert {entry["about"].split(":")[0] for entry in told_ana} == {"lead", "opportunity"}
    assert {entry["about"].split(":")[0] for entry in told_zoe} == {"account", "case"}
    assert "Opportunity opened" not in await page(db, f"/customers/{life.account_id}", **ZOE)
    assert await names_on(db, "/customers?q=acme", **ZOE) == ["Acme Pumps"]


async def test_a_lead_that_became_part_of_another_is_seen_with_that_one(db: Database) -> None:
    kept, other = Life("Ada Lovelace"), Life("Ada L.")
    merged = LeadMerged(lead_id=kept.lead_id, version=9, merged_lead_id=other.lead_id, match=Match(rule="email", score=1.0))
    await hear(service, db, kept.captured(), kept.assigned(), other.captured(), merged)
    assert len((await timeline(db, other.lead_id, **ANA))["items"]) == 4
    await timeline(db, other.lead_id, expect=404, **ZOE)


async def test_the_overview_counts_what_is_to_be_claimed_by_who_looks(db: Database) -> None:
    await hear(service, db, *to_claim("Grace", "anybody").events, *to_claim("Ada", "team", "north").events)
    for who, count in ((ANA, 2), (ZOE, 1)):
        assert f"To claim</a><strong>{count}</strong>" in await page(db, "/", **who)


async def test_nobody_follows_live_what_is_not_theirs_to_see(db: Database) -> None:
    ours, theirs = won_customer(), Life("Grace", owner="bob", team="west")
    await hear(service, db, rep("ana", team_id="north"), *ours.events, theirs.captured(), theirs.assigned())
    asked = [f"lead:{ours.lead_id}", f"lead:{theirs.lead_id}", f"case:{ours.case_id}", "leads", "notification:bob", "lead:unknown"]
    library = await open_library(db, Principal("ana", "Ana", roles=frozenset({"rep"}), teams=("north",)))
    assert await watchable(library, asked) == {f"lead:{ours.lead_id}", f"case:{ours.case_id}", "leads"}


async def test_the_stream_is_for_people(db: Database) -> None:
    async with api_client(service, db, roles={"integration"}) as client:
        assert (await client.get("/live")).status_code == 403

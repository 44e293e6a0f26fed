"""One customer across all services, whatever id one comes with; and whose customers one may see."""

from typing import Any

import pytest

from services.console.main import service
from shared.database import Database
from shared.events import LeadMerged, LeadUnmerged, Match
from tests.road import api_client, hear
from tests.services.console.customers import Life, rep, won_customer

SPOKEN = [
    "lead.captured",
    "lead.qualified",
    "lead.assigned",
    "lead.contacted",
    "opportunity.opened",
    "activity.logged",
    "commitment.made",
    "opportunity.stage_changed",
    "proposal.sent",
    "deal.closed",
    "account.opened",
    "order.fulfilled",
    "satisfaction.recorded",
    "case.opened",
    "case.resolved",
]


async def timeline(db: Database, record_id: str, *, expect: int = 200, **who: Any) -> Any:
    async with api_client(service, db, **who) as client:
        response = await client.get(f"/api/console/customers/{record_id}/timeline", params={"limit": 100})
    assert response.status_code == expect, response.text
    return response.json()


async def page(db: Database, path: str, *, expect: int = 200, **who: Any) -> str:
    async with api_client(service, db, **who) as client:
        response = await client.get(path, headers={"accept": "text/html"})
    assert response.status_code == expect, response.text
    return response.text


@pytest.mark.parametrize("kind", ["lead_id", "sale_id", "account_id", "case_id"])
async def test_every_id_of_a_customer_leads_to_the_whole_timeline(db: Database, kind: str) -> None:
    life = won_customer()
    await hear(service, db, *life.events)
    told = await timeline(db, getattr(life, kind))
    assert [entry["topic"] for entry in reversed(told["items"])] == SPOKEN
    assert {entry["service"] for entry in told["items"]} == {"leads", "opportunities", "accounts"}


async def test_two_customers_are_not_mixed_up(db: Database) -> None:
    one, other = won_customer("Ada Lovelace", "Acme"), won_customer("Grace Hopper", "Cobol & Co")
    await hear(service, db, *one.events, *other.events)
    assert len((await timeline(db, one.account_id))["items"]) == len(SPOKEN)


async def test_what_happened_before_two_records_were_known_to_belong_together_is_found_after(db: Database) -> None:
    life = Life()
    closed, opened = life.closed(lead_id=None), life.account_opened(lead_id=None, opportunity_id="another")
    await hear(service, db, life.complained(account_id=None), opened, closed)
    assert len((await timeline(db, life.account_id))["items"]) == 1
    await hear(service, db, life.delivered(), life.helped())
    assert len((await timeline(db, life.sale_id))["items"]) == 5


async def test_leads_that_were_merged_share_a_timeline_until_they_are_unmerged(db: Database) -> None:
    kept, other = Life("Ada Lovelace"), Life("Ada L.")
    merged = LeadMerged(lead_id=kept.lead_id, version=2, merged_lead_id=other.lead_id, match=Match(rule="email", score=1.0))
    await hear(service, db, kept.captured(), other.captured(), merged)
    assert len((await timeline(db, other.lead_id))["items"]) == 3
    await hear(service, db, LeadUnmerged(lead_id=kept.lead_id, version=3, restored_lead_id=other.lead_id))
    assert len((await timeline(db, other.lead_id))["items"]) == 1


async def test_a_timeline_pages_by_cursor(db: Database) -> None:
    life = won_customer()
    await hear(service, db, *life.events)
    seen: list[str] = []
    async with api_client(service, db) as client:
        params: dict[str, Any] = {"limit": 4}
        while True:
            told = (await client.get(f"/api/console/customers/{life.lead_id}/timeline", params=params)).json()
            seen += [entry["topic"] for entry in told["items"]]
            if told["next"] is None:
                break
            params["cursor"] = told["next"]
    assert seen == SPOKEN[::-1]


async def test_nobody_sees_the_customers_of_another_team(db: Database) -> None:
    life = won_customer()
    await hear(service, db, rep("ana", team_id="north"), *life.events)
    await timeline(db, life.lead_id, roles={"rep"}, subject="zoe", teams=("south",), expect=404)
    await page(db, f"/customers/{life.lead_id}", roles={"rep"}, subject="zoe", teams=("south",), expect=404)
    assert life.company.name not in await page(db, "/leads", roles={"rep"}, subject="zoe", teams=("south",))
    assert life.company.name not in await page(db, "/customers?q=acme", roles={"rep"}, subject="zoe", teams=("south",))


@pytest.mark.parametrize(
    "who",
    [
        {"roles": {"rep"}, "subject": "ana"},
        {"roles": {"rep"}, "subject": "bob", "teams": ("north",)},
        {"roles": {"manager"}, "subject": "max", "teams": ("*",)},
        {"roles": {"agent"}, "subject": "kim"},
    ],
    ids=["their own", "their team's", "every team's", "an agent"],
)
async def test_everyone_sees_the_customers_that_are_theirs(db: Database, who: dict[str, Any]) -> None:
    life = won_customer()
    await hear(service, db, rep("ana", team_id="north"), *life.events)
    for record_id in (life.lead_id, life.sale_id, life.account_id, life.case_id):
        assert len((await timeline(db, record_id, **who))["items"]) == len(SPOKEN)
    assert life.company.name in await page(db, "/leads", **who)


async def test_an_account_is_seen_by_the_team_of_its_owner_though_no_event_names_the_team(db: Database) -> None:
    life = Life()
    await hear(service, db, rep("ana", team_id="north"), life.account_opened(lead_id=None))
    assert (await timeline(db, life.account_id, roles={"rep"}, subject="bob", teams=("north",)))["items"]


async def test_the_page_says_why_a_lead_was_qualified_and_assigned_and_calls_people_by_name(db: Database) -> None:
    life = Life()
    await hear(service, db, rep("ana", "Ana Ruiz"), life.captured(), life.qualified(), life.assigned())
    shown = await page(db, f"/customers/{life.lead_id}")
    for sentence in ("Budget known", "12000 EUR", "+25", "Assigned to Ana Ruiz", "next in team north", "round robin"):
        assert sentence in shown


async def test_an_unknown_customer_is_a_readable_page(db: Database) -> None:
    assert "There is no such customer" in await page(db, "/customers/nobody", expect=404)


@pytest.mark.parametrize("path", ["/customers/{lead}", "/leads", "/customers?q=script", "/", "/pipeline", "/pipeline?view=list"])
async def test_markup_in_what_people_typed_is_shown_as_text(db: Database, path: str) -> None:
    life = Life('<script>alert("x")</script> Lovelace', '<img src=x onerror="alert(1)">')
    life.captured()
    life.qualified()
    life.assigned(reason="</li><script>alert(2)</script>")
    life.opened(name='"><script>alert(3)</script>')
    await hear(service, db, rep("ana", "<b>Ana</b>"), *life.events)
    shown = await page(db, path.format(lead=life.lead_id))
    assert "&lt;script&gt;" in shown
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert "<b>Ana" not in shown

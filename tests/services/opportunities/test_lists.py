"""Who sees which opportunities, and how they are listed."""

import pytest

from services.opportunities.main import service
from services.opportunities.models import opportunity_id_of
from shared.events import Interest
from tests.conftest import DatabaseOf
from tests.road import api_client, hear
from tests.services.opportunities.builders import lead_assigned, lead_merged, lead_qualified, manager, opened, rules_broken, seller, told


async def test_a_rep_sees_their_own_and_their_teams_and_nothing_else(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    for owner, team in (("ana", "north"), ("bob", "north"), ("eve", "south"), ("ana", "south")):
        lead = f"{owner}-{team}"
        await hear(service, db, lead_qualified(lead), lead_assigned(lead, owner, team_id=team))
    async with seller(db) as ana, seller(db, "eve", teams=()) as eve, api_client(service, db) as admin:
        seen = [
            {(one["owner_id"], one["team_id"]) for one in (await told(client, "GET", "/opportunities", expect=200))["items"]}
            for client in (ana, eve, admin)
        ]
    assert seen == [
        {("ana", "north"), ("bob", "north"), ("ana", "south")},
        {("eve", "south")},
        {("ana", "north"), ("bob", "north"), ("ana", "south"), ("eve", "south")},
    ]


async def test_what_one_may_not_see_is_not_there(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}"
    async with seller(db, "eve", teams=("south",)) as eve:
        for tail in ("", "/team", "/history", "/activities", "/commitments", "/proposals"):
            await told(eve, "GET", path + tail, expect=404)
        for method, tail, body in (
            ("PATCH", "", {"name": "mine"}),
            ("POST", "/stage", {"stage": "discovery"}),
            ("POST", "/close", {"outcome": "lost", "reason": "price"}),
            ("POST", "/reopen", {"reason": "mine"}),
            ("PUT", "/team", {"members": [{"rep_id": "eve"}]}),
            ("POST", "/activities", {"kind": "call", "subject": "Hello"}),
            ("POST", "/commitments/c1/keep", {}),
            ("POST", "/proposals/p1/accept", {}),
        ):
            await told(eve, method, path + tail, body, expect=404)


async def test_a_list_pages_by_cursor_without_a_gap(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, *(lead_qualified(f"l{n}", interest=Interest(budget=n, currency="EUR")) for n in range(7)))
    async with manager(db, teams=("*",)) as max_:
        seen, path = [], "/opportunities?limit=3&sort=-amount"
        page = await told(max_, "GET", path, expect=200)
        while True:
            seen += [one["amount"] for one in page["items"]]
            if page["next"] is None:
                break
            page = await told(max_, "GET", f"{path}&cursor={page['next']}", expect=200)
    assert seen == [str(n) for n in reversed(range(7))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("stage=discovery", {"Second"}),
        ("status=won", set()),
        ("close_date__gte=2026-06-01", {"Second"}),
        ("close_date__lte=2026-05-31", {"First"}),
        ("close_date=2026-05-31", {"First"}),
        ("owner_id=ana&pipeline=default&forecast_category=pipeline", {"First", "Second"}),
    ],
)
async def test_a_list_is_filtered_by_its_fields(database_of: DatabaseOf, query: str, found: set[str]) -> None:
    db = await database_of("opportunities")
    async with seller(db) as ana:
        await told(ana, "POST", "/opportunities", {"name": "First", "close_date": "2026-05-31"}, expect=201)
        second = await told(ana, "POST", "/opportunities", {"name": "Second", "close_date": "2026-06-30"}, expect=201)
        await told(ana, "POST", f"/opportunities/{second['id']}/stage", {"stage": "discovery"}, expect=200)
        page = await told(ana, "GET", f"/opportunities?{query}", expect=200)
    assert {one["name"] for one in page["items"]} == found


async def test_a_filter_that_is_given_twice_is_refused_by_name(database_of: DatabaseOf) -> None:
    async with seller(await database_of("opportunities")) as ana:
        problem = await told(ana, "GET", "/opportunities?status=open&status=won&limit=5", expect=422)
        await told(ana, "GET", "/opportunities?status=open,won&limit=5", expect=200)
    assert rules_broken(problem) == {"status": "once"}


async def test_whoever_has_seen_a_sale_before_sees_what_it_is_linked_with_since(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("kept"))
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"))
    path = f"/opportunities/{opportunity_id_of('kept')}"
    async with api_client(service, db) as admin:
        seen = await admin.get(path)
        await hear(service, db, lead_qualified("gone"))
        again = await admin.get(path, headers={"If-None-Match": seen.headers["etag"]})
    assert (again.status_code, again.json()["linked_ids"]) == (200, [opportunity_id_of("gone")])


async def test_what_is_kept_for_ourselves_is_not_shown(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}"
    async with seller(db) as ana:
        shown = await told(ana, "GET", path, expect=200)
        (listed,) = (await told(ana, "GET", "/opportunities", expect=200))["items"]
        unchanged = await ana.get(path, headers={"If-None-Match": f'"{shown["version"]}"'})
    assert not {"email_hashes", "owner_version", "details_version", "qualified_version", "returned_version"} & (
        shown.keys() | listed.keys()
    )
    assert unchanged.status_code == 304

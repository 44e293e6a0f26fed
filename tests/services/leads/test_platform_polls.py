"""Ready-made polls, each on pages as its platform's own documentation shows them."""

import json
from datetime import datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from services.leads.main import service
from shared.database import Database
from tests.conftest import DatabaseOf
from tests.road import hear, said
from tests.services.leads.builders import fresh, leads_of, told
from tests.services.leads.knowers import chief
from tests.services.leads.platforms import TOKEN, page, set_up, swept
from tests.shared.outsiders import outsider


async def test_the_leads_of_a_form_are_polled_from_meta(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    ready = await ready_made(db, "meta")

    def graph(request: Request) -> Any:
        return page("meta_last.json" if request.query_params.get("after") else "meta.json")

    async with outsider(graph) as system:
        url = f"{system.url}/v23.0/5544332211/leads?limit=100"
        shown = await set_up(
            db,
            {"platform": "meta", "values": {"form_id": "5544332211"}, "url": url, "secrets": TOKEN},
            mapping="meta",
            sample=page("meta.json")["data"][0],
        )
        state = await swept(db)
        await swept(db)
    assert (shown["headers"], shown["leads"]) == (ready["headers"], "data")
    assert {headers["authorization"] for headers in system.headers} == {"Bearer EAAB-secret"}
    assert system.asked[:2] == ["/v23.0/5544332211/leads?limit=100", "/v23.0/5544332211/leads?limit=100&after=QVFIUmFmdGVyZAQ%3D%3D"]
    since = int((datetime.fromisoformat(state["mark"]) - timedelta(seconds=600)).timestamp())
    assert f"filtering=%5B%7B%22field%22:%22time_created%22,%22operator%22:%22GREATER_THAN%22,%22value%22:{since}%7D%5D" in system.asked[2]
    await hear(service, db, *await said(db))
    leads = {lead["external_id"]: lead for lead in await leads_of(db)}
    assert {one["person"].get("email") for one in leads.values()} == {"ana.silva@acme.example", "ben@widgets.example", None}
    assert leads["1234567890100003"]["attributes"]["how_many_pumps_do_you_need?"] == "10_to_50"
    assert leads["1234567890100001"]["person"]["phone"] == "+33612345678"


async def test_the_responses_to_a_form_are_polled_from_typeform(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    ready = await ready_made(db, "typeform")
    async with outsider(lambda request: page("typeform.json")) as system:
        url = ready["url"].replace("https://api.typeform.com", system.url).replace("{form_id}", "lT4Z3j")
        await set_up(
            db,
            {"platform": "typeform", "values": {"form_id": "lT4Z3j"}, "url": url, "secrets": TOKEN},
            mapping="typeform",
            sample=page("typeform.json")["items"][0],
        )
        state = await swept(db)
        await swept(db)
    assert (state["taken"], state["mark"]) == (2, "2026-03-02T09:50:09Z")
    assert system.asked == ["/forms/lT4Z3j/responses?page_size=200", "/forms/lT4Z3j/responses?page_size=200&since=2026-03-02T08:50:09Z"]
    await hear(service, db, *await said(db))
    (ana,) = [lead for lead in await leads_of(db) if lead["person"]["email"] == "ana.silva@acme.example"]
    assert (ana["person"]["last_name"], ana["company"]["name"], ana["attributes"]["how_many"]) == ("Silva", "Acme GmbH", "12")
    assert ana["external_id"] == "a3a12ec67a1365927098a606107fac15"


async def test_contacts_are_searched_for_at_hubspot_in_the_order_of_their_ids(database_of: DatabaseOf) -> None:
    db, bodies = await fresh(database_of), list[Any]()

    async def search(request: Request) -> Any:
        bodies.append(json.loads(await request.body()))
        return page("hubspot_last.json" if _asked_for(bodies[-1])["hs_object_id"] == "39580875172" else "hubspot.json")

    async with outsider(search) as system:
        await set_up_hubspot(db, system.url)
        state = await swept(db)
        again = await swept(db)
    assert (state["taken"], state["mark"], again["taken"], again["known"]) == (3, "2026-03-02T09:50:09.789000Z", 3, 3)
    assert {headers["content-type"] for headers in system.headers} == {"application/json"}
    assert {headers["authorization"] for headers in system.headers} == {"Bearer EAAB-secret"}
    since = f"{int((datetime.fromisoformat(state['mark']) - timedelta(seconds=300)).timestamp()) * 1_000}"
    assert [_asked_for(body) for body in bodies] == [
        {"hs_object_id": last, "createdate": begin} for begin in ("0", since) for last in ("0", "39580875172")
    ]
    assert bodies[0]["sorts"] == [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    assert "after" not in bodies[1]
    await hear(service, db, *await said(db))
    leads = {lead["external_id"]: lead for lead in await leads_of(db)}
    assert leads.keys() == {"39580875171", "39580875172", "39580875173"}
    ana = leads["39580875171"]
    assert (ana["person"]["phone"], ana["company"]["name"], ana["company"]["country"]) == ("+491713920090", "Acme GmbH", "DE")


async def test_more_contacts_than_hubspot_answers_in_one_search_are_polled_whole_though_all_came_at_one_moment(
    database_of: DatabaseOf,
) -> None:
    """Here one search answers with ten at a time and thirty in all, there with a hundred and ten thousand."""
    db, (like, _) = await fresh(database_of), page("hubspot.json")["results"]
    there = [{**like, "id": f"{number}", "properties": {"email": f"p{number}@acme.example"}} for number in range(95, 140)]

    async def search(request: Request) -> Any:
        body = json.loads(await request.body())
        first, last = int(body.get("after", 0)), int(_asked_for(body)["hs_object_id"])
        found = [one for one in there if int(one["id"]) > last]
        if first >= 30:
            raise HTTPException(400)
        onward = {"paging": {"next": {"after": f"{first + 10}"}}} if len(found) > first + 10 else {}
        return {"total": len(found), "results": found[first : first + 10]} | onward

    async with outsider(search) as system:
        await set_up_hubspot(db, system.url)
        state = await swept(db)
    assert (state["taken"], state["problem"]) == (45, None)


async def set_up_hubspot(db: Database, url: str) -> None:
    asked = {"platform": "hubspot", "url": f"{url}/crm/v3/objects/contacts/search", "secrets": TOKEN}
    await set_up(db, asked, mapping="hubspot", sample=page("hubspot.json")["results"][0])


def _asked_for(body: Any) -> dict[str, str]:
    """By property what it is compared with."""
    (group,) = body["filterGroups"]
    return {one["propertyName"]: one["value"] for one in group["filters"]}


async def test_the_responses_to_forms_of_an_account_are_polled_from_linkedin_by_offset(database_of: DatabaseOf) -> None:
    db, full = await fresh(database_of), page("linkedin.json")
    filler = [full["elements"][1] | {"id": f"earlier-{number}"} for number in range(98)]

    def responses(request: Request) -> Any:
        start = int(request.query_params.get("start", 0))
        there = [*full["elements"], *filler, full["elements"][1] | {"id": "the-oldest"}]
        return {"paging": {"start": start, "count": 100, "links": []}, "elements": there[start : start + 100]}

    async with outsider(responses) as system:
        url = (await ready_made(db, "linkedin"))["url"].replace("https://api.linkedin.com", system.url).replace("{account_id}", "520866471")
        asked = {"platform": "linkedin", "values": {"account_id": "520866471"}, "url": url, "secrets": TOKEN}
        await set_up(db, asked, mapping="linkedin", sample=full["elements"][0])
        state = await swept(db)
        await swept(db)
    assert (state["taken"], state["known"], state["mark"]) == (101, 10, "2026-03-02T10:00:09.120000Z")
    assert "owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A520866471)" in system.asked[0]
    assert [one.removeprefix(system.asked[0]) for one in system.asked[:2]] == ["", "&start=90"]
    assert system.asked[2].removeprefix(system.asked[0]) == "&submittedAtTimeRange=(start:1772445009000)"
    await hear(service, db, *await said(db))
    ids = {lead["external_id"] for lead in await leads_of(db)}
    assert "urn:li:leadGenFormResponse:a9a29e52-c0a3-42e3-8af1-2fc83b697003-5" in ids


async def ready_made(db: Database, platform: str) -> Any:
    async with chief(db) as client:
        items = (await told(client, "GET", "/platforms"))["items"]
    (ready,) = [item["poll"] for item in items if item["platform"] == platform]
    return ready

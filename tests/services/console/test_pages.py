"""The pages: what they list, what they say when there is nothing, what they let nobody do."""

import re
from typing import Any

import httpx
import pytest

from services.console.main import service
from shared.database import Database
from tests.road import api_client, hear
from tests.services.console.customers import Life, rep, won_customer

PAGES = ["/", "/leads", "/pipeline", "/pipeline?view=list", "/pipeline?view=closed", "/customers"]


async def get(db: Database, path: str, *, headers: dict[str, str] | None = None, **who: Any) -> httpx.Response:
    async with api_client(service, db, **who) as client:
        return await client.get(path, headers={"accept": "text/html", **(headers or {})})


async def names_on(db: Database, path: str, **who: Any) -> list[str]:
    shown = await get(db, path, **who)
    assert shown.status_code == 200, shown.text
    return re.findall(r'class="cover" href="/customers/[^"]+">([^<]+)<', shown.text)


async def some_leads(db: Database) -> None:
    ada, grace, linus = Life("Ada Lovelace", "Acme Pumps"), Life("Grace Hopper", "Cobol Works", owner="bob"), Life("Linus Novak", "Kestrel")
    ada.captured(source="web"), ada.qualified(score=72), ada.assigned()
    grace.captured(source="partner"), grace.qualified(score=90), grace.assigned(), grace.overdue()
    linus.captured(source="web")
    await hear(service, db, rep("ana", "Ana Ruiz"), rep("bob", "Bob Stone", team_id="south"), *ada.events, *grace.events, *linus.events)


@pytest.mark.parametrize("path", PAGES)
async def test_an_empty_page_says_what_to_do_next(db: Database, path: str) -> None:
    shown = await get(db, path)
    assert shown.status_code == 200
    assert 'class="empty"' in shown.text


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_allows_no_script_but_its_own_and_is_kept_by_no_cache(db: Database, path: str) -> None:
    headers = (await get(db, path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_landmarks_one_heading_and_a_way_past_the_navigation(db: Database, path: str) -> None:
    shown = (await get(db, path)).text
    assert len(re.findall(r"<h1[ >]", shown)) == 1
    for part in ("<main ", "<nav ", 'role="search"', 'class="skip" href="#main"', '<html lang="en">'):
        assert part in shown
    assert "style=" not in shown


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Ada Lovelace", "Grace Hopper", "Linus Novak"}),
        ("?status=captured", {"Linus Novak"}),
        ("?owner_id=ana", {"Ada Lovelace"}),
        ("?source=web", {"Ada Lovelace", "Linus Novak"}),
        ("?overdue=true", {"Grace Hopper"}),
        ("?q=lov", {"Ada Lovelace"}),
        ("?q=cobol+hop", {"Grace Hopper"}),
        ("?q=ada@acmepumps.example", {"Ada Lovelace"}),
        ("?q=nobody", set()),
        ("?q=.*", {"Ada Lovelace", "Grace Hopper", "Linus Novak"}),
        ("?status=&owner_id=&q=", {"Ada Lovelace", "Grace Hopper", "Linus Novak"}),
    ],
)
async def test_leads_are_filtered_and_found_by_the_beginning_of_a_word(db: Database, query: str, names: set[str]) -> None:
    await some_leads(db)
    assert set(await names_on(db, f"/leads{query}")) == names


async def test_leads_are_sorted_as_asked(db: Database) -> None:
    await some_leads(db)
    assert await names_on(db, "/leads?sort=-score") == ["Grace Hopper", "Ada Lovelace", "Linus Novak"]


async def test_leads_page_by_cursor_without_gap_or_repeat(db: Database) -> None:
    lives = [Life(f"Lead {number:03}") for number in range(120)]
    await hear(service, db, *(life.captured() for life in lives))
    path, seen = "/leads", list[str]()
    while path:
        shown = (await get(db, path)).text
        seen += re.findall(r'class="cover" href="/customers/[^"]+">([^<]+)<', shown)
        following = re.search(r'rel="next" href="([^"]+)"', shown)
        path = following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == sorted(f"Lead {number:03}" for number in range(120))


async def test_a_cursor_that_means_nothing_any_more_leads_to_the_first_page(db: Database) -> None:
    shown = await get(db, "/leads?cursor=nonsense")
    assert (shown.status_code, shown.headers["location"]) == (303, "/leads")


async def test_an_unknown_filter_is_refused_with_its_name(db: Database) -> None:
    shown = await get(db, "/leads?colour=red")
    assert shown.status_code == 422
    assert "colour" in shown.text


async def test_the_board_adds_up_what_is_open_per_stage_and_currency(db: Database) -> None:
    first, second, third, won = Life("A One"), Life("B Two"), Life("C Three"), won_customer()
    first.opened(amount="100", currency="EUR"), second.opened(amount="50", currency="USD")
    third.opened(), third.moved("proposal", amount="7000.50", currency="EUR")
    await hear(service, db, *first.events, *second.events, *third.events, *won.events)
    shown = (await get(db, "/pipeline")).text
    columns = dict(re.findall(r'<h2 id="stage-(\w+)">\w+ <span class="soft">(\d+)</span>', shown))
    assert columns == {"new": "2", "proposal": "1"}
    for sum_shown in ("EUR 100", "USD 50", "EUR 7,000.50", "EUR 7,100.50"):
        assert sum_shown in shown


async def test_closed_deals_are_listed_with_their_outcome_and_reason(db: Database) -> None:
    won, lost = won_customer("Ada Lovelace", "Acme"), Life("Grace Hopper", "Cobol")
    lost.opened(), lost.closed("lost", reason="no_budget")
    await hear(service, db, *won.events, *lost.events)
    shown = (await get(db, "/pipeline?view=closed")).text
    for words in ("Won", "best fit", "Lost", "no budget"):
        assert words in shown


async def test_an_open_page_asks_for_one_fragment_only(db: Database) -> None:
    await some_leads(db)
    shown = await get(db, "/leads", headers={"x-fragment": "list"})
    assert "Ada Lovelace" in shown.text
    assert "<html" not in shown.text


async def test_the_overview_counts_only_what_one_may_see(db: Database) -> None:
    await some_leads(db)
    everything, own = (await get(db, "/")).text, (await get(db, "/", roles={"rep"}, subject="ana")).text
    assert "Leads, last 14 days" in everything
    assert "Leads, last 14 days" not in own
    assert "Grace Hopper" in everything
    assert "Grace Hopper" not in own


async def test_parked_messages_and_mails_are_not_for_reps(db: Database) -> None:
    for path in ("/parked-messages", "/mailbox"):
        assert (await get(db, path, roles={"rep"})).status_code == 403
        assert path not in (await get(db, "/", roles={"rep"})).text


async def test_without_a_local_mailbox_there_is_no_mailbox(db: Database) -> None:
    assert "/mailbox" not in (await get(db, "/")).text
    assert (await get(db, "/mailbox")).status_code == 404


async def test_programs_get_problems_and_people_get_pages(db: Database) -> None:
    page, problem = await get(db, "/customers/nobody"), await get(db, "/customers/nobody", headers={"accept": "application/json"})
    assert page.headers["content-type"].startswith("text/html")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["violations"][0]["field"] == "id"


async def test_the_stylesheet_and_the_script_may_be_kept_for_ever(db: Database) -> None:
    address = re.search(r'href="(/static/console.css[^"]+)"', (await get(db, "/")).text)
    assert address
    kept = await get(db, address[1], signed_in=False)
    assert kept.status_code == 200
    assert "immutable" in kept.headers["cache-control"]
    assert (await get(db, "/static/..%2Fmodels.py", signed_in=False)).status_code in (303, 404)


async def test_pages_and_timelines_are_for_people_and_not_for_the_keys_of_outside_systems(db: Database) -> None:
    for path in ("/leads", "/", "/api/console/customers/any/timeline"):
        assert (await get(db, path, roles={"integration"})).status_code == 403

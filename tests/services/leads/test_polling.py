"""Platforms that are asked for their leads: each taken once, none missed, whatever fails on the way."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from services.leads import store
from services.leads.main import service
from services.leads.models import Poll
from services.leads.service.sources.polling import settle_page
from shared.database import Database, utcnow
from shared.events import LeadCaptured, LeadSubmitted
from tests.conftest import DatabaseOf
from tests.live.waiting import eventually
from tests.road import api_client, said
from tests.services.leads.builders import fresh, heard, of, rep, told
from tests.services.leads.knowers import chief
from tests.services.leads.platforms import SAMPLE, TOKEN, Platform, due_now, polled, polling, set_up, state_of, swept
from tests.shared.outsiders import outsider


async def test_every_lead_of_every_page_is_taken_once_and_only_what_is_new_is_asked_for_again(database_of: DatabaseOf) -> None:
    db, platform = await fresh(database_of), Platform(size=3, leads=list(range(8)))
    async with outsider(platform) as system:
        await set_up(db, polled(system.url))
        state = await swept(db)
        assert (state["taken"], state["known"], state["mark"], state["problem"]) == (8, 0, "2026-03-01T00:07:00Z", None)
        assert system.asked == ["/leads", "/leads?after=5", "/leads?after=2"]
        platform.leads += [8, 9]
        state = await swept(db)
    assert system.asked[3:] == ["/leads?since=2026-03-01T00:06:00Z", "/leads?since=2026-03-01T00:06:00Z&after=7"]
    assert (state["taken"], state["known"], state["sweeping"]) == (10, 2, False)
    submitted = of(LeadSubmitted, await said(db))
    assert sorted(one.external_id for one in submitted) == sorted(str(minute) for minute in range(10))
    captured = of(LeadCaptured, await heard(db, *submitted))
    assert {row["_id"] for row in await fates(db)} == {one.submission_id for one in captured}


async def test_what_arrives_while_pages_are_read_is_taken_by_the_next_poll(database_of: DatabaseOf) -> None:
    db, platform = await fresh(database_of), Platform(size=2, leads=list(range(6)))

    def and_meanwhile(request: Request) -> Any:
        answer = platform(request)
        if len(system.asked) == 2:
            platform.leads += [6, 7, 8]
        return answer

    async with outsider(and_meanwhile) as system:
        await set_up(db, polled(system.url))
        assert (await swept(db))["taken"] == 6
        assert (await swept(db))["taken"] == 9
    assert len(of(LeadSubmitted, await said(db))) == 9


async def test_a_lead_that_came_by_webhook_is_known_to_the_poll(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(Platform(leads=[1, 2])) as system:
        await set_up(db, polled(system.url))
        async with chief(db) as client:
            key = (await told(client, "POST", "/sources/ads/keys", {}, expect=201))["key"]
        async with api_client(service, db, signed_in=False) as outside:
            await told(outside, "POST", "/sources/ads/webhook", {"id": 2, "mail": "p2@x2.example"}, expect=202, headers={"x-api-key": key})
        state = await swept(db)
    assert (state["taken"], state["known"]) == (1, 1)
    assert len(of(LeadSubmitted, await said(db))) == 2


async def test_what_cannot_be_read_is_kept_as_refused_once_and_the_rest_goes_on(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"leads": [{"id": 1}, {"id": 2, "mail": "p@x.example"}]}) as system:
        await set_up(db, polled(system.url, since=None))
        await swept(db)
        state = await swept(db)
    assert (state["taken"], state["refused"], state["known"]) == (1, 1, 2)
    assert [(row["status"], row["via"], row["external_id"]) for row in await fates(db)] == [
        ("refused", "poll", "1"),
        ("pending", "poll", "2"),
    ]
    async with chief(db) as client:
        await told(
            client,
            "PUT",
            "/sources/ads/mapping",
            {"mapping": {"fields": {"external_id": "id", "person.phone": "id"}}, "sample": {"id": "+49 30 901820"}},
        )
        await told(client, "POST", f"/submissions/{(await fates(db))[0]['_id']}/replay", expect=422)


async def test_a_death_between_page_and_commit_or_after_it_loses_and_doubles_nothing(database_of: DatabaseOf) -> None:
    db, platform = await fresh(database_of), Platform(size=2, leads=list(range(6)))
    async with outsider(platform) as system:
        await set_up(db, polled(system.url))
        for before_commit in (True, False, True, False):
            commits = asyncio.Event()
            async with polling(db) as dying:
                settle = dying._settling._attempt

                async def die(fetched: Any, settle: Any = settle, before: bool = before_commit, dead: asyncio.Event = commits) -> None:
                    if not before:
                        await settle(fetched)
                    dead.set()
                    await asyncio.sleep(60)

                dying._settling._attempt = die
                await due_now(db)
                await asyncio.wait_for(commits.wait(), 10)
        state = await swept(db)
    assert state["taken"] + state["known"] >= state["taken"] == 6
    assert sorted(one.external_id for one in of(LeadSubmitted, await said(db))) == sorted(str(minute) for minute in range(6))


async def test_of_two_hands_on_one_page_the_later_does_nothing(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(Platform(leads=[1, 2])) as system:
        await set_up(db, polled(system.url))
        poll, before = await store.get_record(db, Poll, "ads"), await store.find_poll_state(db, "ads")
        async with polling(db) as other:
            await eventually(lambda: _taken(db, 2), what="a page taken")
            after = await store.find_poll_state(db, "ads")
            assert before is not None
            late = await other._fetcher.fetch(poll, before)
            await db.transact(lambda tx: settle_page(tx, late))
    assert late.page is not None
    assert await store.find_poll_state(db, "ads") == after


async def test_a_platform_that_hangs_delays_nobody(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: asyncio.sleep(60)) as slow, outsider(Platform(leads=[1])) as quick:
        await set_up(db, polled(slow.url, timeout_seconds=30), source="slow")
        await set_up(db, polled(quick.url), source="ads")
        async with polling(db):
            await eventually(lambda: slow.asked and _taken(db, 1), within=5, what="the quick one taken")
            assert (await state_of(db, "slow"))["polled_at"] is None


async def test_one_that_fails_is_left_alone_each_time_longer_and_goes_on_where_it_was(database_of: DatabaseOf) -> None:
    db, platform = await fresh(database_of), Platform(size=2, leads=list(range(4)))
    bad: list[Response] = []

    async with outsider(lambda request: bad[-1] if bad else platform(request)) as system:
        await set_up(db, polled(system.url, pages_per_turn=1, trip_after=2, trip_seconds=3_600))
        async with polling(db):
            await eventually(lambda: _taken(db, 2), what="the first page")
        bad.append(Response(status_code=503, headers={"retry-after": "1000"}))
        await due_now(db)
        async with polling(db):
            failed = await failures(db, 1)
            assert (failed["problem"], failed["circuit"]) == ("it answered 503", "closed")
            assert 990 < seconds_until(failed["next_at"]) <= 1_000
            await due_now(db)
            failed = await failures(db, 2)
            assert (failed["circuit"], 3_590 < seconds_until(failed["next_at"]) <= 3_600) == ("open", True)
        bad.clear()
        state = await swept(db)
    assert (system.asked[-1], state["taken"], state["failures"], state["circuit"], state["problem"]) == (
        "/leads?after=2",
        4,
        0,
        "closed",
        None,
    )


async def test_a_cursor_that_the_platform_knows_no_more_begins_the_sweep_anew(database_of: DatabaseOf) -> None:
    db, platform = await fresh(database_of), Platform(size=2, leads=list(range(4)))
    lost = [True]

    def forgetful(request: Request) -> Any:
        return Response(status_code=400) if "after" in request.query_params and lost.pop() else platform(request)

    async with outsider(forgetful) as system:
        await set_up(db, polled(system.url))
        async with polling(db):
            await failures(db, 1)
        lost[:] = [False] * 9
        state = await swept(db)
    assert system.asked == ["/leads", "/leads?after=2", "/leads", "/leads?after=2"]
    assert (state["taken"], state["known"]) == (4, 2)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Response("<html>"), "The body is not JSON"),
        (Response(status_code=302, headers={"location": "/elsewhere"}), "it answered 302"),
        ({"leads": 7}, "There is no list of leads in the page where leads says it is"),
        (Response(b" " * 5_000_000), "the answer has more than 4194304 bytes"),
    ],
)
async def test_what_is_of_no_use_is_told_and_asked_for_again(database_of: DatabaseOf, answer: Any, problem: str) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: answer) as system:
        await set_up(db, polled(system.url))
        async with polling(db):
            state = await failures(db, 1)
    assert (state["problem"], await fates(db)) == (problem, [])


async def test_a_source_that_is_switched_off_takes_nothing_and_misses_nothing(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(Platform(leads=[1, 2])) as system:
        await set_up(db, polled(system.url))
        async with chief(db) as client:
            await told(client, "PATCH", "/sources/ads", {"active": False, "off_reason": "the fair is over"})
            async with polling(db):
                state = await failures(db, 1)
            assert ("switched off" in state["problem"], await fates(db)) == (True, [])
            await told(client, "PATCH", "/sources/ads", {"active": True})
        assert (await swept(db))["taken"] == 2


async def test_a_poll_is_tried_on_the_platform_and_nothing_is_kept(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(Platform(size=2, leads=[1, 2, 3])) as system:
        await set_up(db, polled(system.url, active=False))
        async with chief(db) as client:
            trial = await told(client, "POST", "/sources/ads/poll/try")
            other = await told(client, "POST", "/sources/ads/poll/try", polled(f"{system.url}", leads="nobody"))
            broken = await told(client, "POST", "/sources/ads/poll/try", polled("http://127.0.0.1:9"))
    assert (trial["leads"], trial["goes_on"], trial["newest"]) == (2, True, "2026-03-01T00:03:00Z")
    assert [(item["external_id"], item["outcome"]) for item in trial["items"]] == [("3", "submitted"), ("2", "submitted")]
    assert (other["leads"], broken["problem"]) == (0, "no answer: ConnectError")
    assert (await fates(db), (await state_of(db))["polled_at"]) == ([], None)


async def test_secrets_of_a_poll_are_sent_not_shown_and_can_be_removed(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(Platform(leads=[1])) as system:
        body = polled(system.url, headers={"Authorization": "Bearer {secret.token}"})
        shown = await set_up(db, {**body, "secrets": {**TOKEN, "old": "hunter2"}})
        await swept(db)
        async with chief(db) as client:
            kept = await told(client, "PUT", "/sources/ads/poll", {**body, "secrets": {"old": None}})
            named = await told(client, "PUT", "/sources/ads/poll", {**body, "secrets": {"token": None}}, expect=422)
            history = await told(client, "GET", "/sources/ads/poll/history")
    assert system.headers[0]["authorization"] == "Bearer EAAB-secret"
    assert (shown["secrets"], kept["secrets"], named["violations"][0]["rule"]) == (["old", "token"], ["token"], "known_secret")
    stored = [await db.collection(name).find_one({}) for name in ("polls", "poll_states")]
    assert not any(secret in f"{shown} {history} {stored}" for secret in ("EAAB-secret", "hunter2"))


async def test_a_poll_that_asks_for_something_else_begins_anew_and_one_that_asks_less_often_does_not(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(Platform(leads=[1, 2])) as system:
        body = polled(system.url)
        await set_up(db, body)
        await swept(db)
        async with chief(db) as client:
            slower = await told(client, "PUT", "/sources/ads/poll", {**body, "every_seconds": 900}, headers={"if-match": '"1"'})
            await told(client, "PUT", "/sources/ads/poll", body, headers={"if-match": '"1"'}, expect=412)
            assert (slower["version"], (await state_of(db))["mark"]) == (2, "2026-03-01T00:02:00Z")
            await told(client, "PUT", "/sources/ads/poll", polled(f"{system.url}/other"))
            assert (await state_of(db))["mark"] is None
            await told(client, "DELETE", "/sources/ads/poll", expect=204)
            await told(client, "GET", "/sources/ads/poll", expect=404)
            await told(client, "PUT", "/sources/ads/poll", body)
        state = await swept(db)
    assert (state["taken"], state["known"]) == (0, 2)


@pytest.mark.parametrize(
    ("wrong", "field", "rule"),
    [
        ({"url": "http://api.forms.example/leads"}, "url", "https"),
        ({"url": "https://169.254.169.254/latest"}, "url", "address"),
        ({"url": "https://{secret.host}/leads"}, "url", "fixed_host"),
        ({"every_seconds": 1}, "every_seconds", "greater_than_equal"),
        ({"headers": {"X": "{secret.other}"}}, "secrets", "known_secret"),
        ({"leads": "nonsense("}, "leads", "jmespath_syntax"),
        ({"since": {"parameter": "since", "mark": "x", "overlap_seconds": 0}}, "since.overlap_seconds", "greater_than_equal"),
        ({"colour": "red"}, "colour", "extra_forbidden"),
        ({"platform": "meta"}, "values.form_id", "missing"),
        ({"url": ""}, "url", "url"),
    ],
)
async def test_what_could_never_be_polled_is_refused_with_field_and_rule(
    database_of: DatabaseOf, wrong: dict[str, Any], field: str, rule: str
) -> None:
    db = await fresh(database_of)
    await set_up(db, polled("https://api.forms.example", active=False))
    async with chief(db) as client:
        problem = await told(client, "PUT", "/sources/ads/poll", polled("https://api.forms.example") | wrong, expect=422)
    assert [(one["field"], one["rule"]) for one in problem["violations"]] == [(field, rule)]


async def test_a_poll_needs_a_mapping_that_finds_the_id_of_the_platform(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with chief(db) as client:
        missing = await told(client, "PUT", "/sources/web/poll", polled("https://api.forms.example"), expect=422)
        await told(client, "PUT", "/sources/web/mapping", {"mapping": {"fields": {"person.email": "mail"}}, "sample": SAMPLE})
        nameless = await told(client, "PUT", "/sources/web/poll", polled("https://api.forms.example"), expect=422)
        await told(client, "PUT", "/sources/nobody/poll", polled("https://api.forms.example"), expect=404)
    assert [one["violations"][0]["field"] for one in (missing, nameless)] == ["mapping", "mapping.fields.external_id"]


async def test_only_administrators_set_up_polls(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await set_up(db, polled("https://api.forms.example", active=False))
    async with rep(db) as client:
        await told(client, "GET", "/sources/ads/poll", expect=403)
    async with api_client(service, db, roles=("manager",)) as client:
        await told(client, "GET", "/sources/ads/poll")
        for method, path in (("PUT", ""), ("POST", "/try"), ("DELETE", "")):
            await told(client, method, f"/sources/ads/poll{path}", polled("https://api.forms.example"), expect=403)


async def fates(db: Database) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await db.collection("submissions").find().sort("_id", 1).to_list(None)
    return rows


async def _taken(db: Database, count: int) -> bool:
    return bool(await db.collection("submissions").count_documents({"via": "poll"}) == count)


async def failures(db: Database, count: int) -> Any:
    async def enough() -> Any:
        state = await state_of(db)
        return state if state["failures"] >= count else None

    return await eventually(enough, what=f"{count} failures")


def seconds_until(time: str) -> float:
    return (datetime.fromisoformat(time) - utcnow()).total_seconds()

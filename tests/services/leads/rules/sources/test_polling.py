"""What a platform is asked, what its pages say, and where a sweep goes on."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import Poll, PollState
from services.leads.rules.sources.platform_polls import POLLS, poll_of
from services.leads.rules.sources.polling import Page, after_failure, after_page, body_of, check_poll, read_page, request_of
from shared.errors import Invalid, Refused

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = {"parameter": "since", "mark": "leads[].at", "overlap_seconds": 60}
BY_CURSOR = {"found": "next", "parameter": "after"}


def poll(url: str = "https://api.forms.example/leads", **terms: Any) -> Poll:
    return Poll(id="ads", url=url, created_at=NOW, updated_at=NOW, **terms)


def minutes(count: int) -> datetime:
    return NOW + timedelta(minutes=count)


def test_the_first_request_has_neither_time_nor_cursor() -> None:
    url, _ = request_of(poll(since=SINCE, onward=BY_CURSOR), {}, {})
    assert url == "https://api.forms.example/leads"


def test_a_mark_goes_back_by_the_overlap_and_is_written_as_is_asked() -> None:
    asked = poll("https://api.forms.example/leads?limit=9", since=SINCE, onward=BY_CURSOR)
    url, _ = request_of(asked, {"mark": NOW, "onward": "a b"}, {})
    assert url == "https://api.forms.example/leads?limit=9&since=2026-03-02T11:59:00Z&after=a%20b"
    for written, text in (("seconds", "1772452740"), ("milliseconds", "1772452740000")):
        url, _ = request_of(poll(since={**SINCE, "value": "(start:{since})", "written": written}), {"mark": NOW}, {})
        assert url.endswith(f"since=(start:{text})")


def test_a_body_says_since_when_and_which_page_in_its_own_fields() -> None:
    since = {**SINCE, "parameter": "variables.filter", "value": '{"after":{since}}', "written": "seconds"}
    asked = poll(
        body='{"query":"{leads{id}}","variables":{"size":9}}', since=since, onward={"found": "next", "parameter": "variables.page"}
    )
    assert json.loads(body_of(asked, {}) or "") == {"query": "{leads{id}}", "variables": {"size": 9}}
    state: PollState = {"mark": NOW, "onward": "007"}
    variables = {"size": 9, "filter": {"after": 1772452740}, "page": "007"}
    assert json.loads(body_of(asked, state) or "") == {"query": "{leads{id}}", "variables": variables}
    assert request_of(asked, state, {})[0] == asked.url


def test_a_number_leads_into_a_list_of_the_body() -> None:
    asked = poll(body='{"any":[{"all":[{"id":"0","of":"x"},1]}]}', onward={"found": "next", "parameter": "any.0.all.0.id"})
    assert json.loads(body_of(asked, {"onward": "7"}) or "") == {"any": [{"all": [{"id": "7", "of": "x"}, 1]}]}
    beyond = poll(body='{"any":[]}', onward={"found": "next", "parameter": "any.0.id"})
    assert json.loads(body_of(beyond, {"onward": "7"}) or "") == {"any": {"0": {"id": "7"}}}


def test_a_time_in_a_body_that_is_no_json_is_text() -> None:
    asked = poll(body="{}", since=SINCE)
    assert json.loads(body_of(asked, {"mark": NOW}) or "") == {"since": "2026-03-02T11:59:00Z"}


def test_a_platform_without_a_body_is_asked_by_its_address_alone() -> None:
    assert body_of(poll(since=SINCE), {"mark": NOW}) is None


def test_pages_are_counted_from_the_first_until_there_is_none_more() -> None:
    asked = poll(body="{}", leads="leads", onward={"found": "more", "parameter": "page", "step": 1, "first": 1})
    state, bodies = PollState(), list[Any]()
    for more in ("true", "[1]", "false"):
        bodies.append(json.loads(body_of(asked, state) or ""))
        page = read_page(asked, asked.url, b'{"leads": [], "more": %s}' % more.encode(), {})
        state |= after_page(asked, state, page, NOW, NOW)
    assert bodies == [{}, {"page": 2}, {"page": 3}]
    assert (state["onward"], state["swept_at"]) == (None, NOW)


def test_an_offset_is_counted_in_the_address() -> None:
    asked = poll(onward={"found": "more", "parameter": "start", "step": 90}, leads="leads")
    state = PollState()
    for number in range(3):
        url, _ = request_of(asked, state, {})
        assert url.removeprefix(asked.url) == (f"?start={90 * number}" if number else "")
        state |= after_page(asked, state, Page([], "counted"), NOW, NOW)


def test_a_lead_that_is_deleted_while_an_offset_is_counted_hides_no_other() -> None:
    asked = poll(onward={"found": "more", "parameter": "start", "step": 8})
    there, state, seen = list(range(40)), PollState(), set[int]()
    while "swept_at" not in state:
        start = int(state.get("onward") or 0)
        page = there[start : start + 10]
        seen |= set(page)
        state |= after_page(asked, state, Page(list(page), "counted" if len(page) == 10 else None), NOW, NOW)
        del there[:2]
    assert seen == set(range(40))


def test_secrets_are_filled_in_and_kept_out_of_what_is_remembered() -> None:
    asked = poll("https://x.example/a?key={secret.key}", headers={"X-Key": "{secret.key}"}, onward={"found": "next"}, leads="leads")
    url, headers = request_of(asked, {}, {"key": "tell no/body"})
    assert (url, headers) == ("https://x.example/a?key=tell%20no%2Fbody", {"X-Key": "tell no/body"})
    page = read_page(asked, url, b'{"next": "?key=tell%20no%2Fbody&page=2"}', {"key": "tell no/body"})
    assert page.onward == "https://x.example/a?key={secret.key}&page=2"
    assert request_of(asked, {"onward": page.onward}, {"key": "new/key"})[0] == "https://x.example/a?key=new%2Fkey&page=2"


@pytest.mark.parametrize(
    "found", ["https://evil.example/leads", "http://x.example/a", "//evil.example/a", "https://u@x.example/a", "https://x.example:8/"]
)
def test_a_page_that_leads_to_another_host_is_not_followed(found: str) -> None:
    asked = poll("https://x.example/a", onward={"found": "next"}, leads="leads")
    with pytest.raises(Invalid) as caught:
        read_page(asked, asked.url, f'{{"next": "{found}"}}'.encode(), {})
    assert caught.value.violations[0].rule == "fixed_host"


def test_what_stands_in_braces_in_an_address_of_the_platform_is_nothing_to_be_filled_in() -> None:
    asked = poll("https://x.example/a", onward={"found": "next"}, leads="leads")
    page = read_page(asked, asked.url, b'{"next": "/b?{secret.key}{person.email}"}', {"key": "hunter2"})
    assert request_of(asked, {"onward": page.onward}, {"key": "hunter2"})[0] == "https://x.example/b?%7Bsecret.key%7D%7Bperson.email%7D"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"<html>", "json"),
        (b'{"leads": 7}', "no_leads"),
        (b'{"leads": [], "next": {}}', "scalar"),
        (b'{"leads": [%s]}' % (b"1," * 500 + b"1"), "too_many"),
    ],
)
def test_a_page_that_makes_no_sense_is_refused(body: bytes, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        read_page(poll(leads="leads", onward=BY_CURSOR), "https://x.example/a", body, {})
    assert caught.value.violations[0].rule == rule


@pytest.mark.parametrize(
    ("terms", "rule"),
    [
        ({"url": "https://{secret.host}/a"}, "fixed_host"),
        ({"headers": {"X": "{secret.other}"}}, "known_secret"),
        ({"url": "https://x.example/{person.email}"}, "known_field"),
        ({"leads": "nonsense("}, "jmespath_syntax"),
        ({"onward": {"found": "[["}}, "jmespath_syntax"),
        ({"body": "[1]"}, "object"),
        ({"body": "{"}, "object"),
    ],
)
def test_what_could_never_be_asked_is_refused(terms: Any, rule: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_poll(poll(**terms), {"key"})
    assert caught.value.violations[0].rule == rule


def test_the_mark_moves_only_at_the_end_of_a_sweep() -> None:
    asked = poll(since=SINCE, onward=BY_CURSOR)
    first = after_page(asked, {"mark": NOW}, Page([], "2", minutes(5)), minutes(10), minutes(10))
    assert ("mark" in first, first["newest"], first["onward"], first["due_at"]) == (False, minutes(5), "2", minutes(10))
    last = after_page(asked, {"mark": NOW, **first}, Page([], None, minutes(2)), minutes(11), minutes(11))
    assert (last["mark"], last["newest"], last["onward"], last["due_at"]) == (minutes(5), None, None, minutes(16))


def test_the_mark_never_passes_the_beginning_of_its_sweep() -> None:
    news = after_page(poll(since=SINCE), {}, Page([], None, minutes(60 * 24 * 365)), NOW, minutes(1))
    assert news["mark"] == NOW


def test_after_so_many_pages_the_rest_waits_for_the_next_turn() -> None:
    asked, state = poll(onward=BY_CURSOR, pages_per_turn=2, every_seconds=60), PollState()
    for number in range(1, 5):
        state |= after_page(asked, state, Page([], str(number)), NOW, NOW)
        assert (state["onward"], state["due_at"]) == (str(number), NOW if number % 2 else minutes(1))


def test_a_page_that_leads_to_itself_is_the_last() -> None:
    assert after_page(poll(onward=BY_CURSOR), {"onward": "7"}, Page([], "7"), NOW, NOW)["swept_at"] == NOW


def test_each_failure_is_waited_for_longer_and_the_circuit_opens() -> None:
    asked = poll(trip_after=3, trip_seconds=600)

    def pause(failures: int, after: float = 0.0) -> float:
        news = after_failure(asked, {"failures": failures}, "away", NOW, after=after, jitter=1.0, anew=False)
        return float((news["due_at"] - NOW).total_seconds())

    assert [pause(failures) for failures in range(4)] == [10, 20, 600, 600]
    assert pause(0, after=77) == 77
    assert pause(0, after=1e9) == 24 * 3_600
    assert pause(1_000) == 3_600


def test_where_we_were_is_kept_unless_the_platform_does_not_know_it() -> None:
    kept = after_failure(poll(), {}, "away", NOW, after=0, jitter=1, anew=False)
    lost = after_failure(poll(), {}, "it answered 400", NOW, after=0, jitter=1, anew=True)
    assert ("onward" in kept, lost["onward"], "mark" in lost) == (False, None, False)


@given(
    arrivals=st.lists(st.tuples(st.integers(0, 3_000), st.booleans()), max_size=40),
    size=st.integers(1, 4),
    per_turn=st.integers(1, 3),
    newest_first=st.booleans(),
    late=st.integers(0, 55),
)
def test_whatever_arrives_while_pages_are_read_none_is_missed(
    arrivals: list[tuple[int, bool]], size: int, per_turn: int, newest_first: bool, late: int
) -> None:
    """A platform whose leads show up to `late` seconds after the time that they bear, told by cursor in either order."""
    asked = poll(since=SINCE, onward=BY_CURSOR, pages_per_turn=per_turn, every_seconds=120)
    shown = {(second, number): second + (late if slow else 0) for number, (second, slow) in enumerate(arrivals)}
    state, now, seen = PollState(), 0.0, set[tuple[int, int]]()
    while now < 3_000 + 600 or state.get("onward"):
        moment = NOW + timedelta(seconds=now)
        since = (state["mark"] - NOW).total_seconds() - 60 if state.get("mark") else -1
        there = sorted((lead for lead, at in shown.items() if at <= now and lead[0] >= since), reverse=newest_first)
        if cursor := state.get("onward"):
            place = tuple(int(part) for part in cursor.split("/"))
            there = [lead for lead in there if (lead < place if newest_first else lead > place)]
        page, seen = there[:size], seen | set(there[:size])
        newest = max((NOW + timedelta(seconds=second) for second, _ in page), default=None)
        onward = f"{page[-1][0]}/{page[-1][1]}" if len(there) > size else None
        state |= after_page(asked, state, Page(list(page), onward, newest), moment, moment)
        now = max(now + 1, (state["due_at"] - NOW).total_seconds())
    assert seen == set(shown)


def test_ready_made_polls_make_sense_and_say_what_they_need() -> None:
    needed = {"meta": "form_id", "typeform": "form_id", "linkedin": "account_id", "hubspot": None}
    assert needed.keys() == POLLS.keys()
    for platform, terms in POLLS.items():
        name = needed[platform]
        check_poll(poll_of(platform, {name: "a/b"} if name else {}), {"token"})
        assert None not in (terms.since, terms.onward)
        if name:
            assert "a%2Fb" in poll_of(platform, {name: "a/b"}).url
            with pytest.raises(Invalid) as caught:
                poll_of(platform, {})
            assert [(one.field, one.rule) for one in caught.value.violations] == [(f"values.{name}", "missing")]

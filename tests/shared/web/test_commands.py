"""Commands over HTTP: carried out once under one key, never on top of a change that the caller has not seen."""

import asyncio
from datetime import timedelta
from typing import Any

from shared.database import utcnow
from tests.road import said
from tests.shared.web.booth import Booth

GOOD = {"buyer": {"email": "ana@example.com"}, "amount": "12.50"}


async def orders(booth: Booth) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await booth.db.collection("orders").find().to_list(None)
    return found


async def test_a_command_answers_with_what_it_made_and_where(booth: Booth) -> None:
    answer = await booth.client().post("/orders", json=GOOD)

    assert answer.status_code == 201
    assert answer.json()["amount"] == "12.50"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/orders/{answer.json()['id']}"


async def test_the_same_key_gets_the_first_answer_and_changes_nothing(booth: Booth) -> None:
    client = booth.client()

    first = await client.post("/orders", json=GOOD, headers={"idempotency-key": "k1"})
    second = await client.post("/orders", json=GOOD, headers={"idempotency-key": "k1"})

    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert {name: second.headers[name] for name in ("etag", "location")} == {name: first.headers[name] for name in ("etag", "location")}
    assert (first.headers.get("idempotency-replayed"), second.headers.get("idempotency-replayed")) == (None, "true")
    assert len(await orders(booth)) == 1
    assert len(await said(booth.db)) == 1


async def test_the_same_key_for_another_body_is_refused(booth: Booth) -> None:
    client = booth.client()
    await client.post("/orders", json=GOOD, headers={"idempotency-key": "k1"})

    answer = await client.post("/orders", json=GOOD | {"amount": "13"}, headers={"idempotency-key": "k1"})

    assert answer.status_code == 422
    assert answer.json()["violations"][0]["field"] == "Idempotency-Key"
    assert answer.json()["violations"][0]["rule"] == "reused"
    assert len(await orders(booth)) == 1


async def test_keys_of_different_callers_and_doors_do_not_meet(booth: Booth) -> None:
    mine, yours = booth.client(subject="ana"), booth.client(subject="bob")
    key = {"idempotency-key": "k1"}

    first = await mine.post("/orders", json=GOOD, headers=key)
    await yours.post("/orders", json=GOOD, headers=key)
    raised = await mine.post(f"/orders/{first.json()['id']}/raise", headers=key)

    assert len(await orders(booth)) == 2
    assert raised.json()["version"] == 2


async def test_of_many_at_once_under_one_key_one_is_carried_out(booth: Booth) -> None:
    client = booth.client()

    answers = await asyncio.gather(*(client.post("/orders", json=GOOD, headers={"idempotency-key": "k1"}) for _ in range(12)))

    assert len(await orders(booth)) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1


async def test_a_refused_command_changes_nothing_and_may_be_tried_again(booth: Booth) -> None:
    client = booth.client()
    order = (await client.post("/orders", json=GOOD)).json()["id"]

    answers = [await client.post(f"/orders/{order}/refuse", headers={"idempotency-key": "k1"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert answers[0].json()["violations"] == [{"field": "status", "rule": "unpaid", "detail": "It is paid for"}]
    assert len(await orders(booth)) == 1


async def test_a_key_that_is_no_key_is_refused(booth: Booth) -> None:
    for key in ("", "x" * 201, "with space"):
        answer = await booth.client().post("/orders", json=GOOD, headers={"idempotency-key": key})

        assert answer.status_code == 422
        assert answer.json()["violations"][0]["rule"] == "format"


async def test_keys_are_forgotten_after_a_day(booth: Booth) -> None:
    await booth.client().post("/orders", json=GOOD, headers={"idempotency-key": "k1"})

    row = await booth.db.collection("idempotency").find_one({})
    indexes = await booth.db.collection("idempotency").index_information()

    assert abs(row["expires_at"] - utcnow() - timedelta(hours=24)) < timedelta(minutes=1)
    assert indexes["expires_at_1"]["expireAfterSeconds"] == 0


async def test_a_change_of_an_older_version_is_refused(booth: Booth) -> None:
    client = booth.client()
    order = (await client.post("/orders", json=GOOD)).json()["id"]

    fresh = await client.post(f"/orders/{order}/raise", headers={"if-match": '"1"'})
    stale = await client.post(f"/orders/{order}/raise", headers={"if-match": '"1"'})

    assert (fresh.status_code, fresh.headers["etag"]) == (200, '"2"')
    assert stale.status_code == 412
    assert stale.json()["violations"][0]["field"] == "If-Match"


async def test_an_etag_is_taken_in_every_form_it_comes_back_in(booth: Booth) -> None:
    client = booth.client()
    order = (await client.post("/orders", json=GOOD)).json()["id"]

    answers = [await client.post(f"/orders/{order}/raise", headers={"if-match": tag}) for tag in ('"1"', 'W/"2"', "3", "*")]
    nonsense = await client.post(f"/orders/{order}/raise", headers={"if-match": '"one"'})

    assert [answer.json()["version"] for answer in answers] == [2, 3, 4, 5]
    assert nonsense.status_code == 422
    assert nonsense.json()["violations"][0]["rule"] == "etag"


async def test_what_has_not_changed_is_not_sent_again(booth: Booth) -> None:
    client = booth.client()
    order = (await client.post("/orders", json=GOOD)).json()["id"]

    first = await client.get(f"/orders/{order}")
    again = await client.get(f"/orders/{order}", headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


async def test_who_acts_and_what_began_it_is_on_every_event_and_in_the_history(booth: Booth) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await booth.client(subject="ana").post("/orders", json=GOOD, headers={"x-correlation-id": "web-77", "traceparent": trace})

    (event,) = await said(booth.db)
    change = await booth.db.collection("history").find_one({"of": "order"})

    assert (event.envelope.correlation_id, event.envelope.traceparent) == ("web-77", trace)
    assert change["by"] == "user:ana"


async def test_callers_at_a_busy_door_share_transactions_and_nothing_else(booth: Booth) -> None:
    client = booth.client()
    senders = [f"c{number}@example.com" if number % 10 else "nobody" for number in range(40)]

    answers = await asyncio.gather(
        *(client.post("/tips", json={"email": sender}, headers={"x-correlation-id": sender.partition("@")[0]}) for sender in senders)
    )
    events = await said(booth.db)

    assert [answer.status_code for answer in answers] == [202 if "@" in sender else 422 for sender in senders]
    assert answers[0].json()["violations"][0] == {"field": "email", "rule": "at", "detail": "no"}
    assert max(answer.json().get("together_with", 0) for answer in answers) > 1
    assert sorted(event.envelope.correlation_id for event in events) == sorted(
        sender.partition("@")[0] for sender in senders if "@" in sender
    )


async def test_a_busy_door_keeps_its_answers_too(booth: Booth) -> None:
    client = booth.client()

    answers = [await client.post("/tips", json={"email": "a@b.c"}, headers={"idempotency-key": "k1"}) for _ in range(2)]
    refused = await client.post("/tips", json={"email": "nobody"}, headers={"idempotency-key": "k2"})

    assert answers[0].content == answers[1].content
    assert refused.status_code == 422
    assert len(await said(booth.db)) == 1

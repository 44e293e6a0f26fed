"""What a consumer takes at once, on a real Kafka."""

import asyncio
import json
from typing import Any

import pytest

from shared import broker as taking
from shared import database
from shared.broker import new_broker
from shared.consumer import Consumer
from shared.delivery import Delivery
from shared.events import SurveyAnswered
from shared.kafka import Records
from shared.subscriptions import Subscriptions
from shared.transaction import Transaction
from tests.conftest import DatabaseOf
from tests.live.kafka import begin_anew, producer_to, settings_of
from tests.live.traffic import until_stopped
from tests.live.waiting import eventually
from tests.servers import Servers

TOPIC = "survey.answered"
ANSWER = json.dumps({"account_id": "acme", "kind": "nps", "score": 9}).encode()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine fetches slowly."""
    monkeypatch.setattr(taking, "SINCE_MS", 1_000)


async def test_what_comes_while_a_batch_is_settled_is_the_next_batch_and_waits_for_no_third(servers: Servers) -> None:
    """The first of it is fetched while the batch is settled, and keeps what comes behind it from being fetched."""
    await begin_anew(servers)
    batches, may_go_on = list[list[bytes | None]](), asyncio.Event()

    async def settle(records: Records) -> None:
        batches.append([record.value for record in records])
        await may_go_on.wait()

    broker, reader = new_broker(settings_of(servers), topics=[TOPIC], group="taking", consume=settle)
    await broker.start()
    try:
        async with producer_to(servers) as producer:
            await producer.send_and_wait(TOPIC, b"0", partition=0)
            await eventually(lambda: batches, what="a first batch")
            await producer.send_and_wait(TOPIC, b"1", partition=0)
            await eventually(lambda: reader()._fetcher._records, what="something fetched ahead")  # type: ignore[union-attr]
            for number in (2, 3):
                await producer.send_and_wait(TOPIC, f"{number}".encode(), partition=number % 2)
        may_go_on.set()
        await eventually(lambda: sum(map(len, batches)) == 4, what="all of them")
    finally:
        await broker.stop()
    assert sorted(batches[1]) == [b"1", b"2", b"3"]  # type: ignore[type-var]


async def test_what_nobody_waits_for_is_gathered_behind_a_batch_that_was_taken_at_once(servers: Servers, database_of: DatabaseOf) -> None:
    await begin_anew(servers)
    subscriptions, batches = Subscriptions(), list[int]()

    @subscriptions.on(SurveyAnswered, seconds_apart=3)
    async def on_survey_answered(tx: Transaction, answers: list[SurveyAnswered]) -> None:
        batches.append(len(answers))

    consumer = Consumer(await database_of("gathering"), settings_of(servers), subscriptions, role="consumer")
    async with until_stopped(consumer), producer_to(servers) as producer:
        await producer.send_and_wait(TOPIC, ANSWER, partition=0)
        await eventually(lambda: batches, what="a first batch")
        for number in range(3):
            await producer.send_and_wait(TOPIC, ANSWER, partition=number % 2)
        await eventually(lambda: sum(batches) == 4, what="all of them")
    assert batches == [1, 3]


async def test_behind_a_full_batch_the_next_is_read_while_that_one_is_written(
    servers: Servers, database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch, read: list[int]
) -> None:
    may_commit, commit = asyncio.Event(), database._commit

    async def commit_late(*args: Any) -> None:
        await may_commit.wait()
        await commit(*args)

    monkeypatch.setattr(database, "_commit", commit_late)
    await begin_anew(servers)
    consumer, heard = await consumer_of_pairs(servers, database_of)
    async with until_stopped(consumer):
        await publish(servers, 4)
        await eventually(lambda: read == [0, 1, 2, 3], what="a second batch read")
        assert heard == [2]
        may_commit.set()
        await eventually(lambda: heard == [2, 2], what="all of them heard")


async def test_what_was_read_behind_a_batch_that_could_not_be_settled_after_a_wait_is_read_again_after_it(
    servers: Servers, database_of: DatabaseOf, read: list[int]
) -> None:
    await begin_anew(servers)
    consumer, heard = await consumer_of_pairs(servers, database_of)
    settle, tried = consumer._hearing.settle, list[list[int]]()

    async def settle_the_second_time(deliveries: list[Delivery]) -> None:
        tried.append([one.offset for one in deliveries])
        if len(tried) > 1:
            return await settle(deliveries)
        consumer._handled.set()
        await eventually(lambda: read == [0, 1, 2, 3], what="a second batch read")
        await consumer._pause(0.1)
        raise RuntimeError

    consumer._hearing.settle = settle_the_second_time  # type: ignore[assignment, method-assign]
    async with until_stopped(consumer):
        await publish(servers, 4)
        await eventually(lambda: heard == [2, 2], what="all of them heard")
    assert tried == [[0, 1], [0, 1], [2, 3]]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The offsets of what has been decoded."""
    offsets, decode = list[int](), Delivery.of

    def noted(record: Any) -> Delivery:
        offsets.append(record.offset)
        return decode(record)

    monkeypatch.setattr(Delivery, "of", noted)
    return offsets


async def consumer_of_pairs(servers: Servers, database_of: DatabaseOf) -> tuple[Consumer, list[int]]:
    """Two answers are a full batch; and how many each batch had that was heard."""
    subscriptions, heard = Subscriptions(), list[int]()

    @subscriptions.on(SurveyAnswered)
    async def on_survey_answered(tx: Transaction, answers: list[SurveyAnswered]) -> None:
        heard.append(len(answers))

    settings = settings_of(servers, batch_size=2)
    return Consumer(await database_of("pairs"), settings, subscriptions, role="consumer"), heard


async def publish(servers: Servers, count: int) -> None:
    async with producer_to(servers) as producer:
        sent = [await producer.send(TOPIC, ANSWER, partition=0) for _ in range(count)]
        await asyncio.gather(*sent)

"""What a consumer takes at once, on a real Kafka."""

import asyncio

from shared.broker import new_broker
from shared.kafka import Records
from tests.live.kafka import begin_anew, producer_to, settings_of
from tests.live.waiting import eventually
from tests.servers import Servers

TOPIC = "survey.answered"


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

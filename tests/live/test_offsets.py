"""What is committed of the offsets that were read, on a real Kafka."""

import asyncio
import json
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError

from shared.consumer import Consumer
from shared.database import Database
from shared.delivery import Delivery
from shared.events import SurveyAnswered
from shared.subscriptions import Subscriptions
from shared.transaction import Transaction
from tests.conftest import DatabaseOf
from tests.live.kafka import begin_anew, producer_to, settings_of
from tests.live.traffic import until_stopped
from tests.live.waiting import eventually
from tests.servers import Servers

TOPIC, PARTITIONS = SurveyAnswered.topic, SurveyAnswered.partitions
ANSWER = json.dumps({"account_id": "acme", "kind": "nps", "score": 9}).encode()
DATABASE = "offsets"


class Members:
    """Of one consumer group, which takes an answer of each partition at once; `heard` are the answers that had an effect."""

    def __init__(self, servers: Servers, database: Database) -> None:
        self.servers, self.database, self.heard = servers, database, 0

    def new(self) -> Consumer:
        subscriptions = Subscriptions()
        subscriptions.on(SurveyAnswered)(self._on_survey_answered)
        return Consumer(self.database, settings_of(self.servers, batch_size=PARTITIONS), subscriptions, role="consumer")

    async def _on_survey_answered(self, tx: Transaction, answers: list[SurveyAnswered]) -> None:
        self.heard += len(answers)

    async def publish(self) -> None:
        """One answer to each partition."""
        async with producer_to(self.servers) as producer:
            await asyncio.gather(*[await producer.send(TOPIC, ANSWER, partition=number) for number in range(PARTITIONS)])

    async def are_committed(self, count: int) -> bool:
        """Whether Kafka knows that so many of each partition are done."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers.kafka)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(DATABASE)
        finally:
            await admin.close()
        return [found.offset for found in offsets.values()] == [count] * PARTITIONS


@pytest.fixture
async def members(servers: Servers, database_of: DatabaseOf) -> Members:
    await begin_anew(servers)
    return Members(servers, await database_of(DATABASE))


async def test_what_kafka_did_not_take_is_committed_later_though_nothing_more_comes(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, commit = list[Any](), AIOKafkaConsumer.commit

    async def refuse_once(self: AIOKafkaConsumer, offsets: Any) -> None:
        if not refused:
            refused.append(offsets)
            raise KafkaConnectionError
        await commit(self, offsets)

    monkeypatch.setattr(AIOKafkaConsumer, "commit", refuse_once)
    await members.publish()
    async with until_stopped(members.new()):
        await eventually(lambda: refused, what="a commit that is refused")
        await eventually(lambda: members.are_committed(1), what="all committed")


async def test_what_was_read_before_a_rebalance_takes_nothing_back_that_others_committed(members: Members) -> None:
    slow, may_go_on = members.new(), asyncio.Event()
    settle, settling = slow._hearing.settle, list[int]()

    async def settle_late(deliveries: list[Delivery]) -> None:
        settling.append(len(deliveries))
        await may_go_on.wait()
        await settle(deliveries)

    slow._hearing.settle = settle_late  # type: ignore[assignment, method-assign]
    await members.publish()
    async with until_stopped(slow):
        await eventually(lambda: settling == [PARTITIONS], what="one answer of each partition read")
        await members.publish()
        async with until_stopped(members.new()):
            await eventually(lambda: members.heard >= PARTITIONS, what="those of half the partitions heard by somebody else")
        await eventually(slow._reads_all, what="all partitions back")
        may_go_on.set()
        await eventually(lambda: members.are_committed(2), what="all committed")
    assert members.heard == 2 * PARTITIONS

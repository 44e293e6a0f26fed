"""Lag is what a group has not committed yet."""

import uuid

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.lag import Lag, consumer_lag
from deploy.topics import Topic, Topics
from tests.servers import Servers


async def test_lag_counts_what_a_group_has_not_committed(servers: Servers) -> None:
    connection = {"bootstrap_servers": servers.kafka}
    topic, group = f"counted.{uuid.uuid4().hex[:8]}", f"counters-{uuid.uuid4().hex[:8]}"
    async with Topics(connection) as topics:
        await topics.make([Topic(topic, 2, -1)])
    async with AIOKafkaProducer(**connection) as producer:
        for number in range(10):
            await producer.send_and_wait(topic, b"event", partition=number % 2)
    async with AIOKafkaConsumer(group_id=group, enable_auto_commit=False, **connection) as consumer:
        consumer.assign([TopicPartition(topic, 0), TopicPartition(topic, 1)])
        await consumer.commit({TopicPartition(topic, 0): 4, TopicPartition(topic, 1): 5})
        assert Lag(group, topic, 1) in await consumer_lag(connection)

"""Every partition of every topic."""

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


async def all_places(admin: AIOKafkaAdminClient) -> list[TopicPartition]:
    topics = [topic for topic in await admin.describe_topics() if not topic["is_internal"]]
    places = [TopicPartition(topic["topic"], one["partition"]) for topic in topics for one in topic["partitions"]]
    assert places, "Kafka knows no topics"
    return places

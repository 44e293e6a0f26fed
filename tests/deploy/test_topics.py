"""A Kafka made to agree with the catalogue, and told where it does not."""

import uuid

from aiokafka.admin import NewTopic

from deploy import SERVICES
from deploy.topics import DEAD_LETTER_BYTES, Topic, Topics, wanted_topics
from shared.events import catalogue
from shared.events.base import DAY_MS
from tests.servers import Servers


def unique(name: str) -> str:
    return f"{name}.{uuid.uuid4().hex[:8]}"


def opened(servers: Servers) -> Topics:
    return Topics({"bootstrap_servers": servers.kafka})


def test_the_catalogue_has_a_topic_per_event_and_one_of_dead_letters_per_service() -> None:
    topics = {topic.name: topic for topic in wanted_topics()}
    assert set(topics) == set(catalogue()) | {f"{service}.dead" for service in SERVICES}
    assert topics["leads.dead"] == Topic("leads.dead", 1, 90 * DAY_MS, DEAD_LETTER_BYTES)
    assert topics["lead.submitted"].retention_ms == 14 * DAY_MS
    assert topics["lead.captured"].retention_ms == -1


async def test_missing_topics_are_made_as_they_should_be_and_then_nothing_differs(servers: Servers) -> None:
    wanted = [Topic(unique("one"), 3, 5 * DAY_MS), Topic(unique("two"), 1, -1, 3_000_000, "compact")]
    async with opened(servers) as topics:
        assert {each.what for each in await topics.differences(wanted)} == {"existence"}
        assert len(await topics.make(wanted)) == 2
        assert await topics.differences(wanted) == []
        assert await topics.make(wanted) == []


async def test_partitions_and_settings_that_drifted_are_mended(servers: Servers) -> None:
    name = unique("drifted")
    async with opened(servers) as topics:
        await topics.make([Topic(name, 1, DAY_MS)])
        wanted = [Topic(name, 4, 2 * DAY_MS)]
        assert {(each.what, each.wanted, each.found) for each in await topics.differences(wanted)} == {
            ("partitions", "4", "1"),
            ("retention.ms", str(2 * DAY_MS), str(DAY_MS)),
        }
        await topics.make(wanted)
        assert await topics.differences(wanted) == []


async def test_partitions_are_never_taken_away(servers: Servers) -> None:
    name = unique("wide")
    async with opened(servers) as topics:
        await topics._admin.create_topics([NewTopic(name, 5, 1)])
        wanted = [Topic(name, 2, -1)]
        differences = await topics.make(wanted)
        assert [each.what for each in differences if not each.curable] == ["partitions"]
        assert [each.what for each in await topics.differences(wanted)] == ["partitions"]


async def test_the_topics_of_a_test_are_new_and_complete(topics: Topics) -> None:
    assert await topics.differences(wanted_topics()) == []

"""A Kafka that can't be worked with: away, or not for us, or not a Kafka."""

from collections.abc import Iterator

import pytest

from deploy.away import kafka_away
from deploy.local.kafka import speaks_kafka
from deploy.local.processes import free_ports
from deploy.topics import Topics
from shared.errors import Unreachable
from tests.deaf import deaf_port
from tests.servers import Servers


@pytest.fixture
def deaf() -> Iterator[int]:
    with deaf_port() as port:
        yield port


async def test_a_kafka_that_is_away_is_said_to_be_away() -> None:
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    with pytest.raises(Unreachable, match=f"Kafka does not answer at {nowhere}. Start it"):
        async with Topics({"bootstrap_servers": nowhere}):
            pass


def test_a_kafka_that_lets_nobody_in_is_told_from_one_that_is_away(deaf: int) -> None:
    connection = {"bootstrap_servers": f"127.0.0.1:{deaf}", "security_protocol": "SASL_SSL", "sasl_plain_username": "ana"}
    assert "as ana over SASL_SSL. Correct DEALWIRE_KAFKA_SECURITY_PROTOCOL" in str(kafka_away(connection))


def test_an_open_port_is_no_kafka_until_one_answers(deaf: int, servers: Servers) -> None:
    assert not speaks_kafka(deaf)
    assert not speaks_kafka(free_ports(1)[0])
    assert speaks_kafka(int(servers.kafka.rpartition(":")[2]))

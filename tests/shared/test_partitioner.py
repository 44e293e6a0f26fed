"""Where a key's events lie on Kafka."""

from aiokafka.partitioner import murmur2
from hypothesis import given
from hypothesis import strategies as st

from shared.partitioner import hash_of


@given(st.binary(max_size=80))
def test_a_key_is_sent_to_the_partition_that_any_other_client_would_choose(key: bytes) -> None:
    assert hash_of(key) == int(murmur2(key)) & 0x7FFFFFFF

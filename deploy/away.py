"""What is said of a Kafka that can't be worked with: nobody is there, or it does not let us in."""

import socket
from collections.abc import Mapping
from typing import Any

from shared.errors import Unreachable


def kafka_away(connection: Mapping[str, Any]) -> Unreachable:
    """`connection` is what aiokafka was given; it tells both cases with the same words."""
    where = str(connection["bootstrap_servers"])
    if not any(_listens(each) for each in where.split(",")):
        return Unreachable(f"Kafka does not answer at {where}. Start it, or correct DEALWIRE_KAFKA.")
    who = connection.get("sasl_plain_username") or "nobody in particular"
    return Unreachable(
        f"Something listens at {where}, but no Kafka lets us in there as {who} over {connection.get('security_protocol', 'PLAINTEXT')}. "
        "Correct DEALWIRE_KAFKA_SECURITY_PROTOCOL, DEALWIRE_KAFKA_USERNAME and DEALWIRE_KAFKA_PASSWORD (and _SASL_MECHANISM)."
    )


def _listens(server: str) -> bool:
    host, _, port = server.strip().rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2):
            return True
    except (OSError, ValueError):
        return False

"""Which servers a command works on: those that the environment names, else those of the local stack."""

import os
from typing import Any

from shared.kafka import connection
from shared.settings import Settings


def kafka_connection() -> dict[str, Any]:
    """How to reach Kafka, as aiokafka takes it. Raises ServersAway when neither is there."""
    # A Kafka is all that is needed here; what services need besides is not looked at.
    return connection(Settings(service="cli", kafka=os.environ.get("DEALWIRE_KAFKA") or _local_kafka(), mongo="", jwks="", issuer=""))


def _local_kafka() -> str:
    # Where services are deployed the local stack's libraries are not installed.
    from deploy.local.servers import require_running, servers_of
    from deploy.local.state import this_stack

    state = this_stack()
    servers = servers_of(state)
    require_running(state, servers)
    return servers.kafka

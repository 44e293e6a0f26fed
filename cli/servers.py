"""Which servers a command works on: those that the environment names, else those of the local stack."""

import os
from typing import TYPE_CHECKING, Any

from shared.kafka import connection
from shared.settings import Misconfigured, Settings

if TYPE_CHECKING:
    from deploy.local.state import State


def kafka_connection() -> dict[str, Any]:
    """How to reach Kafka, as aiokafka takes it. Raises ServersAway when neither is there."""
    # A Kafka is all that is needed here; what services need besides is not looked at.
    return connection(Settings(service="cli", kafka=os.environ.get("DEALWIRE_KAFKA") or _local_kafka(), mongo="", jwks="", issuer=""))


def local_stack() -> "State":
    """That of this machine. Raises Misconfigured where its libraries are not installed, as where services are deployed."""
    try:
        from deploy.local.state import this_stack
    except ModuleNotFoundError as missing:
        where = "Say where to go: DEALWIRE_URL or DEALWIRE_SERVICES, and DEALWIRE_TOKEN; DEALWIRE_KAFKA for what works on Kafka."
        raise Misconfigured(f"There is no local stack on this machine ({missing.name} is not installed). {where}") from missing
    return this_stack()


def _local_kafka() -> str:
    state = local_stack()
    from deploy.local.servers import require_running, servers_of

    servers = servers_of(state)
    require_running(state, servers)
    return servers.kafka

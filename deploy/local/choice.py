"""Where the servers come from: named by the settings, or from Docker, or embedded, in this order."""

import os
import shutil
import subprocess
from enum import StrEnum

from deploy import SERVICES
from deploy.local.kafka import java_binary
from deploy.local.mongod import mongod_binary
from deploy.local.problems import StackProblem

DOCKER_PATIENCE = 5.0


class Way(StrEnum):
    EXTERNAL = "external"
    DOCKER = "docker"
    EMBEDDED = "embedded"


def chosen_way() -> Way:
    """What the environment asks for; otherwise the first way that this machine offers."""
    return asked_way() or _offered_way()


def asked_way() -> Way | None:
    """DEALWIRE_SERVERS decides if it is set; and who names servers wants them to be used."""
    if forced := os.environ.get("DEALWIRE_SERVERS"):
        return _forced(forced)
    named = os.environ.get("DEALWIRE_KAFKA") and all(_mongo_named_for(service) for service in SERVICES)
    return Way.EXTERNAL if named else None


def external_kafka() -> str:
    """The bootstrap servers that the environment names."""
    if kafka := os.environ.get("DEALWIRE_KAFKA"):
        return kafka
    raise StackProblem("These servers are somebody else's, and DEALWIRE_KAFKA does not say where Kafka is:", "set it, as in broker:9092.")


def external_mongo(service: str) -> str:
    """The address of MongoDB that the environment names for one service, or for all."""
    if mongo := _mongo_named_for(service):
        return mongo
    raise StackProblem(
        "These servers are somebody else's, and DEALWIRE_MONGO does not say where MongoDB is:",
        f"set it, as in mongodb://user:password@host:27017/?authSource=admin; DEALWIRE_{service.upper()}_MONGO sets it for one service.",
    )


def docker_answers() -> bool:
    """Is there a Docker engine behind the client on the PATH?"""
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        asked = subprocess.run([docker, "info", "-f", "{{.ServerVersion}}"], capture_output=True, timeout=DOCKER_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _mongo_named_for(service: str) -> str | None:
    return os.environ.get(f"DEALWIRE_{service.upper()}_MONGO") or os.environ.get("DEALWIRE_MONGO")


def _offered_way() -> Way:
    if docker_answers():
        return Way.DOCKER
    if mongod_binary() and java_binary():
        return Way.EMBEDDED
    raise StackProblem(
        "This machine offers no servers:",
        "install and start Docker, or name servers of your own in DEALWIRE_KAFKA and DEALWIRE_MONGO "
        "(the embedded ones need Linux on x86-64).",
    )


def _forced(name: str) -> Way:
    try:
        return Way(name)
    except ValueError:
        raise StackProblem(f"DEALWIRE_SERVERS is '{name}':", f"it may be {', '.join(Way)}.") from None

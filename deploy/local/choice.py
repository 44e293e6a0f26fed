"""Where the servers come from: named by the settings, or from Docker, or embedded, in this order."""

import os
import shutil
import subprocess
from enum import StrEnum

from deploy.local.kafka import java_binary
from deploy.local.mongod import mongod_binary
from deploy.local.problems import StackProblem

DOCKER_PATIENCE = 5.0


class Way(StrEnum):
    EXTERNAL = "external"
    DOCKER = "docker"
    EMBEDDED = "embedded"


def chosen_way() -> Way:
    """DEALWIRE_SERVERS decides if it is set; otherwise the first way that this machine offers."""
    forced = os.environ.get("DEALWIRE_SERVERS")
    if forced:
        return _forced(forced)
    if os.environ.get("DEALWIRE_KAFKA") and os.environ.get("DEALWIRE_MONGO"):
        return Way.EXTERNAL
    if docker_answers():
        return Way.DOCKER
    if mongod_binary() and java_binary():
        return Way.EMBEDDED
    raise StackProblem(
        "This machine offers no servers:",
        "install and start Docker, or name servers of your own in DEALWIRE_KAFKA and DEALWIRE_MONGO "
        "(the embedded ones need Linux on x86-64).",
    )


def external_servers() -> tuple[str, str]:
    """The MongoDB address and the Kafka bootstrap servers that the environment names."""
    named = os.environ.get("DEALWIRE_MONGO", ""), os.environ.get("DEALWIRE_KAFKA", "")
    if not all(named):
        raise StackProblem("External servers need both addresses:", "set DEALWIRE_MONGO and DEALWIRE_KAFKA.")
    return named


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


def _forced(name: str) -> Way:
    try:
        return Way(name)
    except ValueError:
        raise StackProblem(f"DEALWIRE_SERVERS is '{name}':", f"it may be {', '.join(Way)}.") from None

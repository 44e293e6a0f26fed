"""A short soak: thousands of submissions while processes of every role, Kafka and mongod are killed, and each accounted for."""

from pathlib import Path

import pytest

from tests.servers import Servers
from tests.soak.cast import FEW, SMALL
from tests.soak.checker import Check
from tests.soak.play import Plan, soak

SHORT = Plan(leads=3_000, kills=7, seconds=20, patience=240, parts=SMALL, mailing=False)
CONTROL = Plan(leads=1_500, kills=2, seconds=8, patience=240, parts=FEW, mailing=False, forgetful=True)


def faults_of(checks: list[Check]) -> dict[str, list[str]]:
    return {check.name: check.faults[:5] or ["nothing to look at"] for check in checks if not check.holds}


@pytest.mark.timeout(480)
async def test_nothing_is_lost_or_doubled_while_everything_is_being_killed(mortal_servers: Servers, tmp_path: Path) -> None:
    assert faults_of(await soak(mortal_servers, SHORT, tmp_path)) == {}


@pytest.mark.timeout(480)
async def test_without_inboxes_the_same_check_finds_effects_that_were_had_twice(mortal_servers: Servers, tmp_path: Path) -> None:
    faults = faults_of(await soak(mortal_servers, CONTROL, tmp_path))
    assert "each event has one effect, in order" in faults

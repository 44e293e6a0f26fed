"""A stack's folder for one test, away from the checkout."""

from pathlib import Path

import pytest

from deploy.local.processes import free_ports
from deploy.local.state import Ports, State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "stack", Ports(free_ports(1)[0]))

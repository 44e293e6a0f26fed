"""Every journey begins in a world of its own: five services as freshly installed, on empty databases."""

import pytest

from tests.conftest import DatabaseOf
from tests.journeys.world import World


@pytest.fixture
async def world(database_of: DatabaseOf) -> World:
    return await World.begun(database_of)

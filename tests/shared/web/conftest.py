"""The booth, open on an empty database."""

import pytest

from tests.conftest import DatabaseOf
from tests.shared.web.booth import Booth


@pytest.fixture
async def booth(database_of: DatabaseOf) -> Booth:
    return Booth(await database_of("booth"))

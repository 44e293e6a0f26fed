"""Servers that may be killed: not the ones that all other tests share."""

from collections.abc import Iterator

import pytest

from tests.servers import Servers, running_servers


@pytest.fixture(scope="package")
def mortal_servers() -> Iterator[Servers]:
    """`.mongod` and `.broker` can be killed and begun again on the same data."""
    with running_servers() as running:
        if running.mongod is None or running.broker is None:
            pytest.skip("Only embedded servers can be killed and begun again: DEALWIRE_SERVERS=embedded")
        yield running

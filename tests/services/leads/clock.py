"""The one clock of transactions, set by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from services.leads.main import service
from shared.database import Database
from tests.road import pass_time


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within this every transaction happens at one moment."""
    with patch("shared.database.utcnow", lambda: moment):
        yield


async def pass_time_until(db: Database, moment: datetime) -> None:
    """Fires what is due by then, at its own moment each, and what that sets for the time until then."""
    while row := await db.collection("timers").find_one({"due": {"$lte": moment}}, sort=[("due", 1)]):
        with at(row["due"]):
            await pass_time(service, db, row["due"])

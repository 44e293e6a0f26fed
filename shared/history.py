"""What happened to a record: one row for each change, who made it, when and why."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from shared.change import Change
from shared.database import Database
from shared.indexing import Index
from shared.paging import Listing, Page

__all__ = ["HISTORY", "HISTORY_INDEXES", "Change", "ChangeView", "history_page"]

HISTORY_INDEXES = (Index("history", [("of", 1), ("record_id", 1), ("version", -1), ("_id", -1)]),)


class ChangeView(BaseModel):
    version: int
    what: str
    before: dict[str, Any]
    after: dict[str, Any]
    why: str | None
    by: str
    at: datetime

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        return cls.model_validate(document)


HISTORY = Listing(
    "history",
    view=ChangeView.of,
    sorts=("version",),
    default_sort="-version",
    filters={"what": str, "by": str, "at": datetime, "version": int},
)


async def history_page(
    db: Database, of: str, record_id: str, params: Mapping[str, str], *, view: Callable[[dict[str, Any]], ChangeView] | None = None
) -> Page[ChangeView]:
    """A page of the changes of one record, the latest first unless `params` say otherwise."""
    return await HISTORY.page(db, params, scope={"of": of, "record_id": record_id}, view=view)

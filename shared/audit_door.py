"""Where the audit is read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel

from shared.auditing import AUDIT
from shared.doors import Door
from shared.paging import Listing, Page

READERS = ("admin", "manager", "privacy")
Row = Mapping[str, Any]


class AuditView(BaseModel):
    """`fields` are all that changed, `before` and `after` those values that are nobody's. The row of the history has the same `id`."""

    id: str
    of: str
    record_id: str
    version: int
    what: str
    fields: list[str]
    before: dict[str, Any]
    after: dict[str, Any]
    why: str | None
    by: str
    at: datetime
    correlation_id: str | None

    @classmethod
    def of_document(cls, row: Row) -> Self:
        return cls.model_validate({**row, "id": row["_id"]})


LISTING = Listing(
    AUDIT,
    view=AuditView.of_document,
    sorts=("at",),
    default_sort="-at",
    filters={"of": str, "record_id": str, "what": str, "by": str, "at": datetime},
)
router = APIRouter(tags=["audit"])


@router.get("/audit", openapi_extra=LISTING.described)
async def list_audit(door: Door, request: Request) -> Page[AuditView]:
    """What people changed, the latest first."""
    door.allow(*READERS)
    return await LISTING.page(door.db.audit, request.query_params)

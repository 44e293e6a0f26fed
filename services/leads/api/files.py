"""What callers are shown of files that were handed in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from services.leads.models import ImportRecord, Preview, Undoing

Document = Mapping[str, Any]


class PreviewView(BaseModel):
    """What the rows of a draft would become, by the leads that there are now; so far, until it is `done`."""

    rows: int
    new: int
    merged: int
    refused: int
    bytes_read: int
    done: bool

    @classmethod
    def of(cls, preview: Preview) -> Self:
        return cls.model_validate({**preview.model_dump(), "refused": preview.rejected, "bytes_read": preview.position})


class ImportView(BaseModel):
    """How far a file has been read. `fates` counts what became of the rows that were accepted, so far."""

    import_id: str
    version: int
    status: str
    file_name: str
    format: str
    encoding: str
    separator: str
    source: str
    columns: list[str]
    mapping: dict[str, str]
    rows: int
    accepted: int
    refused: int
    bytes_read: int
    bytes_total: int
    preview: PreviewView | None = None
    undoing: Undoing | None = None
    fates: dict[str, int] = {}
    rejected_url: str
    kept_url: str
    created_at: datetime
    created_by: str
    finished_at: datetime | None = None

    @classmethod
    def of(cls, record: ImportRecord) -> Self:
        progress, path = record.progress, f"/imports/{record.id}"
        counts = {"rows": progress.rows, "accepted": progress.accepted, "refused": progress.rejected, "bytes_read": progress.position}
        more: Document = {"import_id": record.id, "rejected_url": f"{path}/rejected", "kept_url": f"{path}/kept"}
        preview = PreviewView.of(record.preview) if record.preview else None
        return cls.model_validate({**record.model_dump(exclude={"preview"}), **counts, **more, "preview": preview})

    @classmethod
    def of_document(cls, document: dict[str, Any]) -> Self:
        return cls.of(ImportRecord.from_document(document))


class KeptBackView(BaseModel):
    """What stayed when a file was taken back: a lead, an opportunity, or one field of a lead, and why."""

    lead_id: str
    opportunity_id: str | None
    field: str
    reason: str
    at: datetime

    @classmethod
    def of(cls, row: Document) -> Self:
        return cls.model_validate(row)

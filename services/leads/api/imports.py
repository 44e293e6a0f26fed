"""Files of leads: handed in, followed, and their rejected rows taken back."""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter, ValidationError

from services.leads import service, store
from services.leads.api.roles import SELLERS, SENDERS, source_of
from services.leads.api.sight import hidden_from
from services.leads.api.views import ImportView
from services.leads.models import ImportRecord
from services.leads.service import File
from shared.database import new_id
from shared.errors import Invalid, Malformed, NotFound
from shared.events.values import Slug
from shared.paging import Listing, Page
from shared.violations import violations_of
from shared.web import IMPORT_BYTES, Door

router = APIRouter(prefix="/imports", tags=["imports"])
FILTERS = {"status": str, "created_at": datetime}
IMPORTS = Listing(store.IMPORTS, view=ImportView.of_document, sorts=("created_at",), default_sort="-created_at", filters=FILTERS)
_MAPPING: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])
_COLUMNS = ("line", "column", "rule", "reason", "row")
# A cell that begins like this is a formula to a spreadsheet.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@router.post("", status_code=202, response_model=ImportView, max_body_size=IMPORT_BYTES)
async def submit_import(door: Door, file: UploadFile, source: Annotated[Slug, Form()], mapping: Annotated[str, Form()] = "{}") -> Response:
    """A CSV with a heading. `mapping` is JSON: column → field, such as {"E-Mail": "person.email"}; "" leaves a column out."""
    door.allow(*SENDERS, scope="imports")
    columns, kept = _mapping(mapping), await _kept(door, file)
    return await door.command(lambda tx: service.open_import(tx, kept, source, columns), view=ImportView.of, status=202, location=_look)


@router.get("", openapi_extra=IMPORTS.described)
async def list_imports(door: Door, request: Request) -> Page[ImportView]:
    door.allow(*SELLERS)
    return await IMPORTS.page(door.db, request.query_params, scope=_own(door))


@router.get("/{import_id}")
async def show_import(door: Door, import_id: str) -> ImportView:
    door.allow(*SENDERS)
    view = ImportView.of(await _seen(door, import_id))
    return view.model_copy(update={"fates": await store.count_fates_of_import(door.db, import_id)})


@router.get("/{import_id}/rejected", response_class=StreamingResponse)
async def download_rejected_rows(door: Door, import_id: str) -> StreamingResponse:
    """CSV: line, column, rule, reason, and the row itself."""
    door.allow(*SENDERS)
    record = await _seen(door, import_id)
    (await hidden_from(door)).expect_everything()
    headers = {"content-disposition": f'attachment; filename="rejected-{record.id}.csv"'}
    return StreamingResponse(_as_csv(store.rejected_rows(door.db, record.id)), media_type="text/csv; charset=utf-8", headers=headers)


async def _seen(door: Door, import_id: str) -> ImportRecord:
    record = await store.get_record(door.db, ImportRecord, import_id)
    if _own(door) and record.created_by != door.principal.by:
        raise NotFound(f"There is no import {import_id}, or it is not yours to see", field="import_id", rule="exists")
    return record


def _own(door: Door) -> dict[str, str]:
    """A file holds leads of whatever team, and so is for who sees all of them, and for who handed it in."""
    sees_all = not door.principal.record_scope() and source_of(door) is None
    return {} if sees_all else {"created_by": door.principal.by}


def _mapping(text: str) -> dict[str, str]:
    try:
        return _MAPPING.validate_json(text or "{}")
    except ValidationError as error:
        detail = "The mapping must be JSON: an object from columns to fields"
        if error.errors()[0]["type"] == "json_invalid":
            raise Malformed(detail, field="mapping", rule="json") from error
        raise Invalid(detail, field="mapping", rule=violations_of(error)[0].rule) from error


async def _kept(door: Door, file: UploadFile) -> File:
    """Written down piece by piece, each in a transaction of its own; what is never opened as an import expires."""
    import_id, size, number = new_id(), 0, 0
    beginning = b""
    while data := await file.read(store.CHUNK_BYTES):
        if number == 0:
            beginning = data
            service.read_file_heading(beginning)
        await door.db.transact(_keeping(import_id, number, data), by=door.principal.by)
        size, number = size + len(data), number + 1
    return File(import_id, (file.filename or "leads.csv")[:300], size, service.read_file_heading(beginning))


def _keeping(import_id: str, number: int, data: bytes) -> Any:
    return lambda tx: service.keep_chunk(tx, import_id, number, data)


def _look(record: ImportRecord) -> str:
    return f"/imports/{record.id}"


async def _as_csv(rows: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[str]:
    yield _line(_COLUMNS)
    async for row in rows:
        yield _line([_harmless(str(row[column])) for column in _COLUMNS])


def _line(cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell

"""Files of leads: handed in, followed, and their rejected rows taken back."""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import StringConstraints, TypeAdapter, ValidationError

from services.leads import service, store
from services.leads.api.bodies import Body
from services.leads.api.files import ImportView, KeptBackView
from services.leads.api.roles import MANAGERS, SELLERS, SENDERS, expect_own_source, source_of
from services.leads.api.sight import hidden_from
from services.leads.models import ImportRecord
from services.leads.service import ImportAsked
from shared.errors import Invalid, Malformed, NotFound
from shared.events.values import Slug, Text
from shared.paging import Listing, Page
from shared.violations import violations_of
from shared.web import IMPORT_BYTES, Door

router = APIRouter(prefix="/imports", tags=["imports"])
FILTERS = {"status": str, "created_at": datetime}
IMPORTS = Listing(store.IMPORTS, view=ImportView.of_document, sorts=("created_at",), default_sort="-created_at", filters=FILTERS)
KEPT_BACK = Listing(store.KEPT_BACK, view=KeptBackView.of, sorts=("id",), default_sort="id")
_MAPPING: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])
_COLUMNS = ("line", "column", "rule", "reason", "row")
# A cell that begins like this is a formula to a spreadsheet.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


class ImportCorrection(Body):
    """What of a draft is to be otherwise. The mapping replaces the one before as far as it goes; "" leaves a column out."""

    mapping: dict[str, str] | None = None
    source: Slug | None = None
    separator: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1)] | None = None
    encoding: Text | None = None


@router.post("", status_code=202, response_model=ImportView, max_body_size=IMPORT_BYTES)
async def submit_import(
    door: Door, file: UploadFile, source: Annotated[Slug, Form()], mapping: Annotated[str, Form()] = "{}", draft: bool = False
) -> Response:
    """CSV with a heading in any usual encoding, NDJSON, or XLSX (the first sheet).

    `mapping` is JSON: column → field, such as {"E-Mail": "person.email"}; "" leaves a column out. A `draft` is previewed (`preview`
    in what GET answers) and can be corrected, until it is started.
    """
    door.allow(*SENDERS, scope="imports")
    expect_own_source(door, source)
    columns, kept = _mapping(mapping), await service.keep_file(door.db, Uploaded(file), file.filename or "leads.csv", door.principal.by)
    opened = partial(service.open_import, file=kept, source=source, mapping=columns, draft=draft)
    return await door.command(opened, view=ImportView.of, status=202, location=_look)


@router.get("", openapi_extra=IMPORTS.described)
async def list_imports(door: Door, request: Request) -> Page[ImportView]:
    door.allow(*SELLERS)
    return await IMPORTS.page(door.db, request.query_params, scope=_own(door))


@router.get("/{import_id}")
async def show_import(door: Door, import_id: str) -> ImportView:
    door.allow(*SENDERS)
    view = ImportView.of(await _seen(door, import_id))
    return view.model_copy(update={"fates": await store.count_fates_of_import(door.db, import_id)})


@router.patch("/{import_id}", response_model=ImportView)
async def correct_import(door: Door, import_id: str, correction: ImportCorrection) -> Response:
    """Of a draft only; it is previewed anew."""
    door.allow(*SENDERS, scope="imports")
    await _seen(door, import_id)
    if correction.source is not None:
        expect_own_source(door, correction.source)
    wanted = service.Correction(**correction.model_dump())
    return await door.command(lambda tx: service.correct_import(tx, _asked(door, import_id), wanted), view=ImportView.of)


@router.post("/{import_id}/start", status_code=202, response_model=ImportView)
async def start_import(door: Door, import_id: str) -> Response:
    door.allow(*SENDERS, scope="imports")
    await _seen(door, import_id)
    return await door.command(lambda tx: service.start_import(tx, _asked(door, import_id)), view=ImportView.of, status=202, location=_look)


@router.post("/{import_id}/undo", status_code=202, response_model=ImportView)
async def undo_import(door: Door, import_id: str) -> Response:
    """The leads that it made go, and what it added to others; what somebody works with stays, and is named under `kept_url`."""
    door.allow(*MANAGERS)
    await _seen(door, import_id)
    return await door.command(lambda tx: service.undo_import(tx, _asked(door, import_id)), view=ImportView.of, status=202, location=_look)


@router.get("/{import_id}/kept", openapi_extra=KEPT_BACK.described)
async def list_kept_back(door: Door, request: Request, import_id: str) -> Page[KeptBackView]:
    door.allow(*MANAGERS)
    await _seen(door, import_id)
    return await KEPT_BACK.page(door.db, request.query_params, scope={"import_id": import_id})


@router.get("/{import_id}/rejected", response_class=StreamingResponse)
async def download_rejected_rows(door: Door, import_id: str) -> StreamingResponse:
    """CSV: line, column, rule, reason, and the row itself. Of a draft, what the preview found so far."""
    door.allow(*SENDERS)
    record = await _seen(door, import_id)
    (await hidden_from(door)).expect_everything()
    headers = {"content-disposition": f'attachment; filename="rejected-{record.id}.csv"'}
    rows = store.rejected_rows(door.db, record.rejects_id)
    return StreamingResponse(_as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)


class Uploaded:
    """An upload as the service reads it."""

    def __init__(self, file: UploadFile) -> None:
        self._file = file
        self.read, self.seek = file.read, file.seek

    def fileno(self) -> int:
        return self._file.file.fileno()


def _asked(door: Door, import_id: str) -> ImportAsked:
    return ImportAsked(import_id, door.expected_version)


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

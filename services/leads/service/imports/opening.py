"""Files of leads: opened, corrected while they are drafts, started, and taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.leads import store
from services.leads.models import ImportRecord, Preview, Progress, Undoing
from services.leads.rules.capture.mapping import mapping_of
from services.leads.rules.imports.formats import ENCODINGS, Recognised
from services.leads.rules.imports.rows import SEPARATORS, Heading
from services.leads.service.capture.terms import expect_open
from services.leads.service.imports.uploading import File, heading_of
from shared.errors import Invalid, NotAllowedNow, StaleVersion
from shared.history import Change
from shared.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ImportAsked:
    """Somebody wants something done with an import, of which they have seen this version (None: whichever)."""

    import_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What of a draft was wrong; None is right as it is."""

    mapping: Mapping[str, str] | None = None
    source: str | None = None
    separator: str | None = None
    encoding: str | None = None


async def open_import(tx: Transaction, file: File, source: str, mapping: Mapping[str, str], *, draft: bool = False) -> ImportRecord:
    """From now on its rows are read; before that nothing of it counts. A draft is only previewed until somebody starts it."""
    await expect_open(tx, source)
    heading = file.heading
    record = ImportRecord(
        id=file.import_id,
        created_at=tx.now,
        updated_at=tx.now,
        source=source,
        file_name=file.name,
        format=file.kind.format,
        encoding=file.kind.encoding,
        separator=heading.separator,
        columns=heading.columns,
        mapping=mapping_of(heading.columns, mapping),
        bytes_total=file.size,
        start=heading.end,
        progress=_beginning(heading),
        preview=Preview(**_beginning(heading).model_dump()) if draft else None,
        status="draft" if draft else "waiting",
        due=tx.now,
        created_by=tx.by,
    )
    await store.add_record(tx, record)
    tx.record(Change("import", record.id, 1, "opened", after={"file_name": file.name, "bytes_total": file.size, "mapping": record.mapping}))
    return record


def _beginning(heading: Heading) -> Progress:
    return Progress(position=heading.end, line=heading.lines)


async def correct_import(tx: Transaction, asked: ImportAsked, correction: Correction) -> ImportRecord:
    """A draft is read anew as corrected, and previewed once more."""
    record = await _import_in(tx, asked, "draft")
    heading = await _heading_anew(tx, record, correction)
    wanted = correction.mapping if correction.mapping is not None else _still_there(record.mapping, heading.columns)
    number = record.preview.number + 1 if record.preview else 1
    fields: dict[str, Any] = {
        "source": correction.source or record.source,
        "separator": heading.separator,
        "encoding": correction.encoding or record.encoding,
        "columns": heading.columns,
        "mapping": mapping_of(heading.columns, wanted),
        "start": heading.end,
        "progress": _beginning(heading),
        "preview": Preview(**_beginning(heading).model_dump(), number=number),
        "due": tx.now,
    }
    return await _change(tx, record, fields, what="corrected")


async def _heading_anew(tx: Transaction, record: ImportRecord, correction: Correction) -> Heading:
    if correction.separator is None and correction.encoding is None:
        return Heading(record.separator, record.columns, record.start, record.progress.line)
    if record.format != "csv":
        raise Invalid("Only a CSV has a separator and an encoding", field="separator", rule="csv_only")
    if correction.separator not in (None, *SEPARATORS):
        raise Invalid("A separator is one of , ; | and the tab", field="separator", rule="separator")
    if correction.encoding not in (None, *ENCODINGS):
        raise Invalid(f"An encoding is one of {', '.join(sorted(ENCODINGS))}", field="encoding", rule="encoding")
    kind = Recognised(record.format, correction.encoding or record.encoding)
    return heading_of(await store.read_beginning(tx, record.id), kind, correction.separator or record.separator)


def _still_there(mapping: Mapping[str, str], columns: list[str]) -> dict[str, str]:
    return {column: path for column, path in mapping.items() if column in columns}


async def start_import(tx: Transaction, asked: ImportAsked) -> ImportRecord:
    record = await _import_in(tx, asked, "draft")
    await expect_open(tx, record.source)
    return await _change(tx, record, {"status": "waiting", "due": tx.now}, what="started")


async def undo_import(tx: Transaction, asked: ImportAsked) -> ImportRecord:
    """Takes a file back: what was not read yet never is; what was said already is taken back as it arrives."""
    record = await _import_in(tx, asked, "waiting", "running", "done")
    return await _change(tx, record, {"status": "undoing", "due": tx.now, "undoing": Undoing(since=tx.now)}, what="taken_back")


async def _import_in(tx: Transaction, asked: ImportAsked, *statuses: str) -> ImportRecord:
    record = await store.get_record(tx, ImportRecord, asked.import_id)
    if asked.expected_version not in (None, record.version):
        raise StaleVersion(f"It is at version {record.version} now", field="If-Match", rule="version")
    if record.status not in statuses:
        raise NotAllowedNow(f"It is {record.status}; this takes one that is {' or '.join(statuses)}", field="status", rule="status")
    return record


async def _change(tx: Transaction, record: ImportRecord, fields: Mapping[str, Any], *, what: str) -> ImportRecord:
    after = record.model_copy(update={**fields, "version": record.version + 1, "updated_at": tx.now})
    await store.save_record(tx, after)
    shown = {name: value for name, value in fields.items() if name in ("status", "source", "separator", "encoding", "mapping")}
    before = record.model_dump(include=set(shown))
    tx.record(Change("import", record.id, after.version, what, before, shown))
    return after

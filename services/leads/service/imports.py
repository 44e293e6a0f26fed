"""Files of leads: kept as they came, then read a few hundred rows at a time, each step once and for all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.leads import store
from services.leads.models import ImportRecord, RejectedRow
from services.leads.rules.mapping import mapping_of, submission_of
from services.leads.rules.rows import LONGEST_LINE, Heading, Row, cut_rows, read_heading
from services.leads.service.beginnings import in_the_name_of
from services.leads.service.gate import expect_open
from shared.database import Database
from shared.errors import Invalid, Violation
from shared.history import Change
from shared.transaction import Transaction

ROWS_PER_STEP = 500
MOST_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class File:
    """A file whose bytes are kept under `import_id` already."""

    import_id: str
    name: str
    size: int
    heading: Heading


def read_file_heading(beginning: bytes) -> Heading:
    return read_heading(beginning)


async def keep_chunk(tx: Transaction, import_id: str, number: int, data: bytes) -> None:
    await store.add_chunk(tx, import_id, number, data)


async def open_import(tx: Transaction, file: File, source: str, mapping: Mapping[str, str]) -> ImportRecord:
    """From now on its rows are read; before that nothing of it counts."""
    await expect_open(tx, source)
    heading = file.heading
    record = ImportRecord(
        id=file.import_id,
        created_at=tx.now,
        updated_at=tx.now,
        source=source,
        file_name=file.name,
        separator=heading.separator,
        columns=heading.columns,
        mapping=mapping_of(heading.columns, mapping),
        bytes_total=file.size,
        position=heading.end,
        created_by=tx.by,
    )
    await store.add_record(tx, record)
    tx.record(Change("import", record.id, 1, "opened", after={"file_name": file.name, "bytes_total": file.size, "mapping": record.mapping}))
    return record


async def read_imports(db: Database) -> int:
    """One step of the oldest import: some rows said, the place in the file moved on, in one transaction, so that no row comes twice."""
    return await db.transact(_read_step, by="imports")


async def _read_step(tx: Transaction) -> int:
    record = await store.find_unfinished_import(tx)
    if record is None:
        return 0
    after = await _moved_on(tx, record)
    done = after.position >= after.bytes_total
    state: dict[str, Any] = {"status": "done", "finished_at": tx.now} if done else {"status": "running"}
    after = after.model_copy(update={**state, "version": record.version + 1, "updated_at": tx.now})
    await store.save_record(tx, after)
    if done:
        counts = {"rows": after.rows, "submitted": after.submitted, "rejected": after.rejected}
        tx.record(Change("import", record.id, after.version, "finished", after=counts))
    return max(1, after.rows - record.rows)


async def _moved_on(tx: Transaction, record: ImportRecord) -> ImportRecord:
    window = await store.read_window(tx, record)
    if not window:
        return record.model_copy(update={"position": record.bytes_total})
    if record.in_long_line:
        return _skip_line(record, window)
    return await _read_rows(tx, record, window, final=record.position + len(window) >= record.bytes_total)


def _skip_line(record: ImportRecord, window: bytes) -> ImportRecord:
    """The rest of a line that was rejected for its length."""
    end = window.find(b"\n")
    if end < 0:
        return record.model_copy(update={"position": record.position + len(window)})
    return record.model_copy(update={"position": record.position + end + 1, "line": record.line + 1, "in_long_line": False})


async def _read_rows(tx: Transaction, record: ImportRecord, window: bytes, *, final: bool) -> ImportRecord:
    cut = cut_rows(window, (record.separator, len(record.columns)), most=ROWS_PER_STEP, final=final)
    if cut.end == 0:
        return await _reject_long_line(tx, record, window)
    rejected = [reject for row in cut.rows if (reject := _submit_row(tx, record, row)) is not None]
    await store.add_rejected_rows(tx, rejected)
    return record.model_copy(
        update={
            "position": record.position + cut.end,
            "line": record.line + cut.lines,
            "rows": record.rows + len(cut.rows),
            "submitted": record.submitted + len(cut.rows) - len(rejected),
            "rejected": record.rejected + len(rejected),
        }
    )


async def _reject_long_line(tx: Transaction, record: ImportRecord, window: bytes) -> ImportRecord:
    """No line ends in more than the longest that a row may have."""
    row = Row(0, window[:MOST_SHOWN].decode(errors="replace"))
    too_long = Violation("", "size", f"A line may have at most {LONGEST_LINE} bytes")
    await store.add_rejected_rows(tx, [_rejected(tx, record, row, too_long)])
    counts = {"rows": record.rows + 1, "rejected": record.rejected + 1}
    return record.model_copy(update={**counts, "position": record.position + len(window), "in_long_line": True})


def _submit_row(tx: Transaction, record: ImportRecord, row: Row) -> RejectedRow | None:
    if row.violation is not None:
        return _rejected(tx, record, row, row.violation)
    line = record.line + row.line + 1
    fixed = {"source": record.source, "import_id": record.id, "import_line": line}
    try:
        submission = submission_of(row.cells, record.columns, record.mapping, fixed)
    except Invalid as invalid:
        return _rejected(tx, record, row, *invalid.violations)
    tx.emit(submission, cause=in_the_name_of(f"{record.id}:{line}", None))
    return None


def _rejected(tx: Transaction, record: ImportRecord, row: Row, *violations: Violation) -> RejectedRow:
    line = record.line + row.line + 1
    return {
        "_id": f"{record.id}/{line}",
        "import_id": record.id,
        "line": line,
        "column": "; ".join(one.field for one in violations),
        "rule": "; ".join(one.rule for one in violations),
        "reason": "; ".join(one.detail for one in violations),
        "row": row.text[:MOST_SHOWN],
        "at": tx.now,
    }

"""The files that somebody handed in are read a few hundred rows at a time, each step once and for all."""

from typing import Any

from services.leads import store
from services.leads.models import ImportRecord, Preview, Progress, RejectedRow
from services.leads.rules.capture.mapping import Plan
from services.leads.rules.capture.terms import take_in
from services.leads.rules.imports.lines import cut_lines
from services.leads.rules.imports.rows import LONGEST_LINE, Cut, Dialect, Row, cut_rows
from services.leads.rules.judging.policy import Policy
from services.leads.service.imports.undoing import finish_import, undo_some
from services.leads.service.policies import current_policy
from services.leads.service.sales.beginnings import in_the_name_of
from shared.database import Database, utcnow
from shared.errors import Invalid, Violation
from shared.events import LeadSubmitted
from shared.principal import SOURCE_PREFIX
from shared.transaction import Transaction

ROWS_PER_STEP = 500
MOST_SHOWN = 1_000


async def read_imports(db: Database) -> int:
    """One step of the import that has waited longest, in one transaction with its progress, so that no row comes twice."""
    return await db.transact(_step, by="imports") if await store.find_pending_import(db, utcnow()) else 0


async def _step(tx: Transaction) -> int:
    record = await store.find_pending_import(tx, tx.now)
    if record is None:
        return 0
    if record.status == "undoing":
        return await undo_some(tx, record)
    return await (_preview_some if record.status == "draft" else _read_some)(tx, record)


async def _read_some(tx: Transaction, record: ImportRecord) -> int:
    reading = await _Reading.of(tx, record, record.progress)
    nobody = in_the_name_of(record.id, None)
    for submission in reading.submissions:
        tx.emit(submission, cause=nobody.in_envelope(nobody.envelope._replace(correlation_id=f"{record.id}:{submission.import_line}")))
    after = record.model_copy(update={"progress": reading.progress, "status": "running", "due": tx.now, "updated_at": tx.now})
    if reading.at_the_end:
        after = finish_import(tx, after, "done")
    await store.save_record(tx, after)
    return reading.steps


async def _preview_some(tx: Transaction, record: ImportRecord) -> int:
    """What capture would do with these rows, knowing the leads as they are now and the rows before. Nothing but the preview changes."""
    assert record.preview is not None
    reading = await _Reading.of(tx, record, record.preview)
    new = await _count_new(tx, record, reading.submissions)
    counts = {"new": record.preview.new + new, "merged": record.preview.merged + len(reading.submissions) - new}
    preview = Preview(**{**record.preview.model_dump(), **reading.progress.model_dump(), **counts, "done": reading.at_the_end})
    fields: dict[str, Any] = {"preview": preview, "due": None if preview.done else tx.now, "updated_at": tx.now}
    await store.save_record(tx, record.model_copy(update=fields))
    return reading.steps


async def _count_new(tx: Transaction, record: ImportRecord, submissions: list[LeadSubmitted]) -> int:
    policy = await current_policy(tx.database)
    keys = [take_in(policy.terms_of(one.source), one).parts["keys"] for one in submissions]
    mentioned = {key for some in keys for key in some}
    known = set(await store.find_lead_ids_by_key(tx, mentioned)) | await store.find_previewed(tx, record.rejects_id, mentioned)
    earlier, new = set(known), 0
    for some in keys:
        new += known.isdisjoint(some)
        known.update(some)
    await store.add_previewed(tx, record.rejects_id, known - earlier)
    return new


class _Reading:
    """What one step read of a file: submissions, and the progress it made. Rows that can't be taken are written down."""

    def __init__(self, record: ImportRecord, policy: Policy, before: Progress) -> None:
        self.submissions: list[LeadSubmitted] = []
        self.progress = before
        self._record, self._policy, self._before = record, policy, before

    @classmethod
    async def of(cls, tx: Transaction, record: ImportRecord, before: Progress) -> "_Reading":
        reading = cls(record, await current_policy(tx.database), Progress(**before.model_dump(include=set(Progress.model_fields))))
        window = await store.read_window(tx, record.id, before.position)
        await store.add_rejected_rows(tx, reading._read(tx, window))
        return reading

    @property
    def at_the_end(self) -> bool:
        return self.progress.position >= self._record.bytes_total

    @property
    def steps(self) -> int:
        return max(1, self.progress.rows - self._before.rows)

    def _read(self, tx: Transaction, window: bytes) -> list[RejectedRow]:
        if not window:
            self._move(position=self._record.bytes_total)
            return []
        if self._before.in_long_line:
            return self._skip_line(window)
        cut = self._cut(window)
        return self._take(tx, cut) if cut.end else [self._long_line(tx, window)]

    def _cut(self, window: bytes) -> Cut:
        record = self._record
        width, final = len(record.columns), self._before.position + len(window) >= record.bytes_total
        if record.format != "csv":
            return cut_lines(window, width, most=ROWS_PER_STEP, final=final)
        return cut_rows(window, Dialect(record.separator, width, record.encoding), most=ROWS_PER_STEP, final=final)

    def _take(self, tx: Transaction, cut: Cut) -> list[RejectedRow]:
        plan = Plan(self._record.columns, self._record.mapping)
        rejected = [reject for row in cut.rows if (reject := self._submit(tx, plan, row)) is not None]
        before = self._before
        self._move(
            position=before.position + cut.end,
            line=before.line + cut.lines,
            rows=before.rows + len(cut.rows),
            accepted=before.accepted + len(self.submissions),
            rejected=before.rejected + len(rejected),
        )
        return rejected

    def _submit(self, tx: Transaction, plan: Plan, row: Row) -> RejectedRow | None:
        if row.violation is not None:
            return self._rejected(tx, row, row.violation)
        fixed = {"source": self._record.source, "import_id": self._record.id, "import_line": self._line_of(row)}
        try:
            submission = plan.submission_of(row, fixed)
            self._expect_welcome(submission)
        except Invalid as invalid:
            return self._rejected(tx, row, *invalid.violations)
        self.submissions.append(submission)
        return None

    def _expect_welcome(self, submission: LeadSubmitted) -> None:
        """Raises Invalid for one of which the terms of its source leave too little, or that a key hands in for another source."""
        if self._record.created_by.startswith(SOURCE_PREFIX) and submission.source != self._record.source:
            raise Invalid(f"This key is for the source {self._record.source}", field="source", rule="own_source")
        terms = self._policy.terms_of(submission.source)
        if terms is not None and (refusal := take_in(terms, submission, promised=True).refusal) is not None:
            raise Invalid(refusal.detail, violations=refusal.violations)

    def _skip_line(self, window: bytes) -> list[RejectedRow]:
        """The rest of a line that was rejected for its length."""
        end = window.find(b"\n")
        if end < 0:
            self._move(position=self._before.position + len(window))
        else:
            self._move(position=self._before.position + end + 1, line=self._before.line + 1, in_long_line=False)
        return []

    def _long_line(self, tx: Transaction, window: bytes) -> RejectedRow:
        """No line ends in more than the longest that a row may have."""
        before = self._before
        row = Row(0, window[:MOST_SHOWN].decode(self._record.encoding, errors="replace"))
        self._move(position=before.position + len(window), rows=before.rows + 1, rejected=before.rejected + 1, in_long_line=True)
        return self._rejected(tx, row, Violation("", "size", f"A line may have at most {LONGEST_LINE} bytes"))

    def _move(self, **progress: Any) -> None:
        self.progress = self._before.model_copy(update=progress)

    def _line_of(self, row: Row) -> int:
        return self._before.line + row.line + 1

    def _rejected(self, tx: Transaction, row: Row, *violations: Violation) -> RejectedRow:
        line, rejects_id = self._line_of(row), self._record.rejects_id
        return {
            "_id": f"{rejects_id}/{line}",
            "import_id": rejects_id,
            "line": line,
            "column": "; ".join(one.field for one in violations),
            "rule": "; ".join(one.rule for one in violations),
            "reason": "; ".join(one.detail for one in violations),
            "row": row.text[:MOST_SHOWN],
            "at": tx.now,
        }

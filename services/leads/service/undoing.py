"""A whole file is taken back, at any size: its leads go, what it added to others goes, and what people have made of it stays."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from services.leads import store
from services.leads.models import ImportRecord, KeptBack, LeadDocument, SubmissionDocument, Undoing
from services.leads.rules.undoing import known_of, reason_to_keep, taken_back
from services.leads.service.beginnings import begun_by
from services.leads.service.desk import HandDesk
from services.leads.service.verdicts import judge_lead, said_of
from shared.events import ImportFinished, LeadRestored, LeadWithdrawn
from shared.history import Change
from shared.transaction import Transaction

AT_ONCE = 200
# A capture that began before the file was taken back has ended by then: MongoDB lets no transaction live longer than a minute.
LATECOMERS = timedelta(seconds=70)
LOOK_AGAIN = timedelta(seconds=1)
WHY = "the file that it is from was taken back"
Row = dict[str, Any]


async def undo_some(tx: Transaction, record: ImportRecord) -> int:
    """First what was merged into others, the latest first; then the leads that the file made."""
    step = _Step(tx, record)
    merged = await store.find_to_undo(tx, record.id, "merged", AT_ONCE)
    captured = [] if merged else await store.find_to_undo(tx, record.id, "captured", AT_ONCE)
    await (step.take_out(merged) if merged else step.withdraw(captured))
    after = record.model_copy(update={"undoing": await step.close(), "due": tx.now, "updated_at": tx.now})
    await store.save_record(tx, after if merged or captured else await _at_the_end(tx, after))
    return len(merged) + len(captured)


async def _at_the_end(tx: Transaction, record: ImportRecord) -> ImportRecord:
    """Nothing is left to take back; what is still on its way will be turned away when it arrives."""
    assert record.undoing is not None
    settled = await store.count_settled(tx, record.id)
    if settled >= record.progress.accepted or tx.now >= record.undoing.since + LATECOMERS:
        return finish_import(tx, record, "undone")
    return record.model_copy(update={"due": tx.now + LOOK_AGAIN})


def finish_import(tx: Transaction, record: ImportRecord, outcome: Literal["done", "undone"]) -> ImportRecord:
    after = record.model_copy(update={"status": outcome, "due": None, "finished_at": tx.now, "version": record.version + 1})
    counts = {"rows": after.progress.rows, "accepted": after.progress.accepted, "refused": after.progress.rejected}
    counts |= after.undoing.model_dump(exclude={"since"}) if after.undoing else {}
    tx.record(Change("import", record.id, after.version, "finished" if outcome == "done" else outcome, after=counts))
    person = record.created_by.removeprefix("user:") if record.created_by.startswith("user:") else None
    about = {"import_id": record.id, "version": after.version, "source": record.source, "file_name": record.file_name, "owner_id": person}
    tx.emit(ImportFinished(**about, outcome=outcome, **counts, finished_at=tx.now))
    return after


class _Step:
    """One step of taking back: what it changes, and what it names because it stays."""

    def __init__(self, tx: Transaction, record: ImportRecord) -> None:
        assert record.undoing is not None
        self._tx, self._import_id, self._before = tx, record.id, record.undoing
        self._withdrawn: list[str] = []
        self._kept: list[str] = []
        self._named: list[KeptBack] = []
        self._leads = self._merges = 0

    async def withdraw(self, captured: Sequence[SubmissionDocument]) -> None:
        """The leads that these submissions made, but for those that somebody works with."""
        tx, of_lead = self._tx, {row["lead_id"]: row["_id"] for row in captured}
        leads = await store.find_leads(tx, of_lead)
        by_hand = await store.find_changes_by_hand(tx, leads)
        others = await store.count_merged_besides(tx, leads, self._import_id)
        gone: list[LeadDocument] = []
        for lead_id, lead in leads.items():
            reason = reason_to_keep(lead, by_hand.get(lead_id, ()), others.get(lead_id, 0))
            if reason is None:
                gone.append(lead)
            else:
                self._keep(lead, of_lead[lead_id], reason)
        await self._remove(gone)
        self._leads += len(gone)
        self._withdrawn += [row_id for row_id in of_lead.values() if row_id not in set(self._kept)]

    def _keep(self, lead: LeadDocument, submission_id: str, reason: str) -> None:
        self._kept.append(submission_id)
        self._name(lead, "lead", reason)

    async def _remove(self, leads: Sequence[LeadDocument]) -> None:
        lead_ids = [lead["_id"] for lead in leads]
        await store.remove_leads(self._tx, lead_ids)
        await store.remove_from_queue(self._tx, lead_ids)
        for lead in leads:
            self._say_withdrawn(lead)
            if "opportunity_id" in lead:
                self._name(lead, "opportunity", "it was opened for this lead, which is gone; it stays if somebody has worked on it")

    def _say_withdrawn(self, lead: LeadDocument) -> None:
        tx, version = self._tx, lead["version"] + 1
        about = {"lead_id": lead["_id"], "version": version}
        withdrawn = LeadWithdrawn(**about, source=lead["source"], import_id=self._import_id, reason=WHY, withdrawn_at=tx.now)
        tx.emit(withdrawn, cause=begun_by(lead))
        before = {"status": lead["status"], "owner_id": lead.get("owner_id"), "opportunity_id": lead.get("opportunity_id")}
        tx.record(Change("lead", lead["_id"], version, "withdrawn", before, why=WHY))

    async def take_out(self, merged: Sequence[SubmissionDocument]) -> None:
        """What these submissions brought to leads that were there without them; a lead that the same file made goes as a whole."""
        tx, rows = self._tx, {row["_id"]: row for row in merged}
        found = await store.find_leads(tx, {row["lead_id"] for row in merged})
        ours = await store.find_of_import(tx, [lead["submission_id"] for lead in found.values()], self._import_id)
        leads = [lead for lead in found.values() if lead["submission_id"] not in ours]
        changes = await self._changes_of(leads, rows)
        removed = await self._keys_of(changes, rows)
        desk = await HandDesk.opened(tx)
        for lead in leads:
            if changes[lead["_id"]]:
                self._restore(desk, lead, changes[lead["_id"]], removed.get(lead["_id"], []))
        await store.save_leads(tx, leads)
        desk.close()
        self._merges += sum(map(len, changes.values()))
        self._withdrawn += rows

    async def _changes_of(self, leads: Sequence[LeadDocument], rows: Mapping[str, SubmissionDocument]) -> dict[str, list[Row]]:
        """By lead, the latest first."""
        by_lead: defaultdict[str, list[Row]] = defaultdict(list)
        for change in await store.find_merges(self._tx, [lead["_id"] for lead in leads], rows):
            by_lead[change["record_id"]].append(change)
        for changes in by_lead.values():
            changes.sort(key=lambda one: one["version"], reverse=True)
        return by_lead

    async def _keys_of(self, changes: Mapping[str, list[Row]], rows: Mapping[str, SubmissionDocument]) -> dict[str, list[str]]:
        """The keys that a lead has through them alone: what came later may have the same."""
        since = {lead_id: min(one["at"] for one in some) for lead_id, some in changes.items() if some}
        later = await store.find_merged_later(self._tx, since, self._import_id)
        brought = {lead_id: [rows[one["after"]["submission_id"]] for one in some] for lead_id, some in changes.items()}
        return {lead_id: [key for row in some for key in row.get("keys", ())] for lead_id, some in brought.items() if lead_id not in later}

    def _restore(self, desk: HandDesk, lead: LeadDocument, changes: Sequence[Row], keys: Sequence[str]) -> None:
        tx, before = self._tx, known_of(lead)
        for change in changes:
            for path in taken_back(lead, change):
                self._name(lead, path, "somebody has changed it since")
            if "qualified" in change["after"].get("steps", ()):
                self._name(lead, "status", "it was qualified for what the file told of it")
        lead["keys"] = [key for key in lead["keys"] if key not in keys]
        lead["version"], lead["updated_at"] = lead["version"] + 1, tx.now
        said, after = said_of(lead), known_of(lead)
        about = {"lead_id": lead["_id"], "version": lead["version"], "import_id": self._import_id}
        submission_ids = [change["after"]["submission_id"] for change in changes]
        tx.emit(LeadRestored(**about, submission_ids=submission_ids, **said, restored_at=tx.now), cause=begun_by(lead))
        judge_lead(desk, lead, said, cause=begun_by(lead))
        differing = [path for path in before if before[path] != after.get(path)]
        was, now = ({path: known.get(path) for path in differing} for known in (before, after))
        tx.record(Change("lead", lead["_id"], lead["version"], "restored", was, now, WHY))

    def _name(self, lead: LeadDocument, field: str, reason: str) -> None:
        row_id = f"{lead['_id']}/{field}/{self._tx.now.isoformat()}/{len(self._named)}"
        self._named.append(
            {
                "_id": row_id,
                "import_id": self._import_id,
                "lead_id": lead["_id"],
                "opportunity_id": lead.get("opportunity_id"),
                "field": field,
                "reason": reason,
                "at": self._tx.now,
            }
        )

    async def close(self) -> Undoing:
        await store.mark_undone(self._tx, self._withdrawn, self._kept)
        await store.add_kept_back(self._tx, self._named)
        before = self._before
        counts = {"withdrawn": before.withdrawn + self._leads, "unmerged": before.unmerged + self._merges}
        return before.model_copy(update={**counts, "kept": before.kept + len(self._kept)})

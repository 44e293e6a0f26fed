"""A whole file is taken back, at any size: its leads go, what it added to others goes, and what people have made of it stays."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

from services.leads import store
from services.leads.models import ImportRecord, KeptBack, LeadDocument, MergeDocument, SubmissionDocument, Undoing
from services.leads.rules.distribution.loads import load_of
from services.leads.rules.duplicates.unmerging import may_come_of
from services.leads.rules.imports.undoing import reason_to_keep
from services.leads.service.distribution.pools import Loads
from services.leads.service.duplicates.unmerging import take_apart
from services.leads.service.imports.taking_out import merge_again, take_out
from services.leads.service.sales.beginnings import begun_by
from shared.events import ImportFinished, LeadWithdrawn
from shared.history import Change
from shared.transaction import Transaction

AT_ONCE, APART_AT_ONCE = 200, 20
# A capture that began before the file was taken back has ended by then: MongoDB lets no transaction live longer than a minute.
LATECOMERS = timedelta(seconds=70)
LOOK_AGAIN = timedelta(seconds=1)
WHY = "the file that it is from was taken back"


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


def _by_lead(rows: Sequence[SubmissionDocument]) -> dict[str, list[str]]:
    """The ids of submissions."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["lead_id"]].append(row["_id"])
    return dict(found)


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
        """The leads that these submissions made, but for those that somebody works with; whom they were merged with are as before."""
        tx, of_lead = self._tx, _by_lead(captured)
        leads = await store.find_leads(tx, of_lead)
        by_hand = await store.find_changes_by_hand(tx, leads)
        others = await store.count_merged_besides(tx, leads, self._import_id)
        going = dict(leads)
        for lead_id, lead in leads.items():
            if reason := reason_to_keep(lead, by_hand.get(lead_id, ()), others.get(lead_id, 0)):
                self._keep(going.pop(lead_id), of_lead.pop(lead_id), reason)
        for lead_id in await self._take_apart(going):
            del going[lead_id], of_lead[lead_id]
        await self._remove(list((await store.find_leads(tx, going)).values()))
        self._leads += len(going)
        self._withdrawn += [submission_id for those in of_lead.values() for submission_id in those]

    async def _take_apart(self, leads: Mapping[str, LeadDocument]) -> list[str]:
        """Those of which it is too early to go: only so many are taken apart at once."""
        merges = await store.find_merges_with(self._tx, leads)
        met = [lead_id for lead_id in leads if any(lead_id in (one["lead_id"], one["merged_lead_id"]) for one in merges)]
        self._merges += await take_apart(self._tx, met[:APART_AT_ONCE]) if met else 0
        return met[APART_AT_ONCE:]

    def _keep(self, lead: LeadDocument, submission_ids: Sequence[str], reason: str) -> None:
        self._kept += submission_ids
        self._name(lead, "lead", reason)

    async def _remove(self, leads: Sequence[LeadDocument]) -> None:
        lead_ids, loads = [lead["_id"] for lead in leads], Loads(self._tx)
        await store.remove_leads(self._tx, lead_ids)
        await store.forget_merges(self._tx, lead_ids)
        await store.remove_likenesses(self._tx, lead_ids)
        await store.remove_from_queue(self._tx, lead_ids)
        await store.forget_traces(self._tx, lead_ids)
        for lead in leads:
            loads.note(load_of(lead), None)
            self._say_withdrawn(lead)
            if "opportunity_id" in lead:
                self._name(lead, "opportunity", "it was opened for this lead, which is gone; it stays if somebody has worked on it")
        await loads.write()

    def _say_withdrawn(self, lead: LeadDocument) -> None:
        tx, version = self._tx, lead["version"] + 1
        about = {"lead_id": lead["_id"], "version": version}
        withdrawn = LeadWithdrawn(**about, source=lead["source"], import_id=self._import_id, reason=WHY, withdrawn_at=tx.now)
        tx.emit(withdrawn, cause=begun_by(lead))
        before = {"status": lead["status"], "owner_id": lead.get("owner_id"), "opportunity_id": lead.get("opportunity_id")}
        tx.record(Change("lead", lead["_id"], version, "withdrawn", before, why=WHY))

    async def take_out(self, merged: Sequence[SubmissionDocument]) -> None:
        """What these submissions brought to leads that were there without them; a lead that the same file made goes as a whole.

        Of one that was erased nothing is left that could be taken out.
        """
        tx, gone = self._tx, _by_lead(merged)
        found = await store.find_leads(tx, gone)
        ours = await store.find_of_import(tx, [lead["submission_id"] for lead in found.values()], self._import_id)
        others = {one: gone[one] for one, lead in found.items() if lead["submission_id"] not in ours and lead["status"] != "erased"}
        merges, later = await self._part(others, found)
        for lead_id in later:
            del gone[lead_id], others[lead_id]
        await self._take_out(list((await store.find_leads(tx, others)).values()), others)
        self._merges += len(merges) - await merge_again(tx, merges)
        self._withdrawn += [submission_id for those in gone.values() for submission_id in those]

    async def _part(self, told: Mapping[str, list[str]], leads: Mapping[str, LeadDocument]) -> tuple[list[MergeDocument], list[str]]:
        """Takes leads out of what they became part of, and out of them whom they met through the file; returns who has to wait, too."""
        merges = await store.find_merges_with(self._tx, told)
        through = [one for one in merges if one["merged_lead_id"] in told or may_come_of(one, told[one["lead_id"]])]
        met = {lead_id for one in through for lead_id in (one["lead_id"], one["merged_lead_id"]) if lead_id in told}
        now = [lead_id for lead_id in told if lead_id in met][:APART_AT_ONCE]
        if now:
            await take_apart(self._tx, now)
        undone = [one for one in merges if not {one["lead_id"], one["merged_lead_id"]}.isdisjoint(now)]
        return undone, [lead_id for lead_id in met if lead_id not in now]

    async def _take_out(self, leads: Sequence[LeadDocument], gone: Mapping[str, list[str]]) -> None:
        theirs = {lead["_id"]: gone[lead["_id"]] for lead in leads}
        changed = await take_out(self._tx, leads, theirs, self._import_id)
        submission_ids = [submission_id for those in theirs.values() for submission_id in those]
        qualified = await store.find_qualified_by(self._tx, theirs, submission_ids)
        for lead in leads:
            for path in changed[lead["_id"]]:
                self._name(lead, path, "somebody has changed it since")
            if lead["_id"] in qualified and lead["status"] == "qualified":
                self._name(lead, "status", "it was qualified for what the file told of it")
        self._merges += len(submission_ids)

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

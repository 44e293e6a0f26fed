"""Signs of interest between submissions: who looked, opened, clicked, called. Each moves the score at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.leads import store
from services.leads.models import GONE, CriteriaSet, LeadDocument
from services.leads.rules.capture.addresses import email_of
from services.leads.rules.judging.engagement import Scale, Sign
from services.leads.rules.judging.policy import Policy
from services.leads.service.judging.standing import judge_again
from services.leads.service.policies import current_policy
from shared.batching import in_parts
from shared.database import new_id
from shared.events import EngagementRecorded
from shared.timers import Timer
from shared.transaction import Transaction

STRANGERS_DUE = "engagement.strangers_due"
# By then whatever captured them meanwhile, and did not see what was being recorded, has committed or failed.
LOOK_AGAIN_AFTER = timedelta(seconds=15)
SHARING_A_TIMER = 100
MOST_MERGERS = 5
Leads = dict[str, LeadDocument]


async def submit_engagement(tx: Transaction, engagement: EngagementRecorded) -> EngagementRecorded:
    """Our own door says what an outside system would have published."""
    tx.emit(engagement)
    return engagement


async def record_engagements(tx: Transaction, engagements: list[EngagementRecorded]) -> None:
    """One of somebody who is no lead yet is kept too, under their address, until they become one.

    What comes again after so long that the inbox has forgotten it changes nothing either.
    """
    recorded = await store.find_recorded(tx, [one.envelope.identity for one in engagements])
    engagements = [one for one in engagements if one.envelope.identity not in recorded]
    leads = await _leads_meant(tx, engagements)
    rows = [_row(one, leads.get(one.envelope.identity), tx.now) for one in engagements]
    await store.add_engagements(tx, rows)
    _look_again(tx, [row["_id"] for row in rows if "stranger" in row])
    known = {lead["_id"]: lead for lead in leads.values()}
    await _note_interest(tx, known, rows)
    causes = {lead["_id"]: one for one in engagements if (lead := leads.get(one.envelope.identity))}
    await judge_again(tx, list(known.values()), why="interest was shown", causes=causes)


async def welcome_strangers(tx: Transaction, due: list[Timer]) -> None:
    """Those who have become leads since, as nobody saw."""
    rows = await store.find_still_strangers(tx, [row_id for timer in due for row_id in timer.payload["engagements"]])
    known = await store.find_lead_ids_by_key(tx, {f"e:{row['stranger']}" for row in rows})
    named = [row | {"lead_id": known[key]} for row in rows if (key := f"e:{row['stranger']}") in known]
    leads = await store.find_leads(tx, {row["lead_id"] for row in named})
    await store.name_strangers(tx, {row["_id"]: row["lead_id"] for row in named if row["lead_id"] in leads})
    await _note_interest(tx, leads, named)
    await judge_again(tx, list(leads.values()), why="interest was shown")


class Strangers:
    """Interest that was shown under the addresses of one batch, before any of them was known to be somebody's."""

    def __init__(self, tx: Transaction, policy: Policy, rows: Sequence[Mapping[str, Any]]) -> None:
        self._tx, self._scale = tx, scale_of(policy)
        self._by_email: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._named: dict[str, str] = {}
        for row in rows:
            self._by_email[row["stranger"]].append(row)

    @classmethod
    async def among(cls, tx: Transaction, policy: Policy, keys: Iterable[str]) -> "Strangers":
        """Asks only if there are any at all, which it may be two seconds late to know; the timer makes up for that."""
        emails = [key[2:] for key in keys if key[:2] == "e:"] if policy.strangers else []
        return cls(tx, policy, await store.find_strangers(tx, emails))

    def welcome(self, lead: LeadDocument, keys: Iterable[str]) -> bool:
        """Gives the lead what was waiting under its addresses; whether there was anything."""
        rows = [row for key in keys for row in self._by_email.pop(key[2:], ())] if self._by_email else []
        if rows:
            _add_interest(lead, self._scale, rows, self._tx.now)
            self._named.update((row["_id"], lead["_id"]) for row in rows)
        return bool(rows)

    async def write(self) -> None:
        await store.name_strangers(self._tx, self._named)


async def _leads_meant(tx: Transaction, engagements: Sequence[EngagementRecorded]) -> Leads:
    """By engagement. One that names a lead which became part of another is of that other."""
    known = await store.find_lead_ids_by_key(tx, {key for one in engagements if (key := _key(one))})
    leads = await store.find_leads(tx, {*known.values(), *(one.lead_id for one in engagements if one.lead_id)})
    for _ in range(MOST_MERGERS):
        beyond = {lead["merged_into"] for lead in leads.values() if lead["status"] == "merged"} - leads.keys()
        leads |= await store.find_leads(tx, beyond)
    meant = {one.envelope.identity: _survivor(leads, one.lead_id) or leads.get(known.get(_key(one), "")) for one in engagements}
    return {identity: lead for identity, lead in meant.items() if lead is not None and lead["status"] not in GONE}


def _survivor(leads: Leads, lead_id: str | None) -> LeadDocument | None:
    lead = leads.get(lead_id or "")
    for _ in range(MOST_MERGERS):
        if lead is not None and lead["status"] == "merged":
            lead = leads.get(lead["merged_into"])
    return lead


async def _note_interest(tx: Transaction, leads: Mapping[str, LeadDocument], rows: Iterable[Mapping[str, Any]]) -> None:
    scale = scale_of(await current_policy(tx.database))
    by_lead: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_lead[row["lead_id"] or ""].append(row)
    for lead_id, lead in leads.items():
        if by_lead[lead_id]:
            _add_interest(lead, scale, by_lead[lead_id], tx.now)


def _add_interest(lead: LeadDocument, scale: Scale, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    signs: list[Sign] = [(row["kind"], min(row["occurred_at"], now)) for row in rows]
    lead["engaged"] = scale.added(lead.get("engaged"), signs)
    lead["last_engaged_at"] = max([at for _, at in signs] + ([lead["last_engaged_at"]] if "last_engaged_at" in lead else []))


def scale_of(policy: Policy) -> Scale:
    """Interest is summed up without criteria, too, by the half-lives that are usual."""
    return policy.judge.scale if policy.judge else Scale(CriteriaSet.model_fields["engagement"].default)


def _look_again(tx: Transaction, row_ids: Sequence[str]) -> None:
    """By their ids: nobody's address is left in a timer."""
    for together in in_parts(row_ids, SHARING_A_TIMER):
        tx.schedule(tx.now + LOOK_AGAIN_AFTER, STRANGERS_DUE, {"engagements": together}, key=new_id())


def _key(engagement: EngagementRecorded) -> str:
    email = email_of(engagement.email) if engagement.email else None
    return f"e:{email}" if email else ""


def _row(engagement: EngagementRecorded, lead: LeadDocument | None, now: datetime) -> dict[str, Any]:
    """What is said to be of a later time than now is of now: clocks differ."""
    said = {name: value for name, value in engagement if name != "lead_id" and value is not None}
    original = {"original_lead_id": engagement.lead_id} if lead and engagement.lead_id not in (None, lead["_id"]) else {}
    said["occurred_at"] = min(engagement.occurred_at, now)
    row = {"_id": engagement.envelope.identity, "lead_id": lead["_id"] if lead else None, **original, **said}
    return row if lead or not _key(engagement) else row | {"stranger": _key(engagement)[2:]}

"""Leads are compared with those that are like them, after they were captured: the same person is merged, a likely one is asked about."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from services.leads import store
from services.leads.models import DuplicateDocument, LeadDocument
from services.leads.rules.duplicates.absorbing import kept_of, why_ask
from services.leads.rules.duplicates.blocks import blocks_of
from services.leads.rules.duplicates.likeness import Likeness, likeness_of
from services.leads.rules.duplicates.matching import Comparing, Matcher
from services.leads.service.capture.described import describe
from services.leads.service.duplicates.merging import ALIVE, absorb
from services.leads.service.duplicates.recognising import recognise
from services.leads.service.policies import current_matching
from services.leads.service.sales.desk import HandDesk
from services.leads.store import pair_of
from shared.batching import in_parts
from shared.database import Database
from shared.events import LeadPlaced
from shared.transaction import Transaction

COMPARED_AT_ONCE, MERGED_AT_ONCE = 2_000, 50
TOGETHER = 500
# A block with more leads tells nothing: a large company's employees of one name. Such blocks are left out of later queries.
MOST_IN_A_BLOCK, MOST_IN_AN_ANSWER = 50, 10_000
MOST_COMMON = 100_000
Leads = dict[str, LeadDocument]
Rows = dict[str, dict[str, Any]]
_common: "WeakKeyDictionary[Database, dict[str, None]]" = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two leads that are alike."""

    one: str
    other: str
    comparing: Comparing

    @property
    def id(self) -> str:
        return pair_of(self.one, self.other)


async def compare_leads(tx: Transaction, placed: Sequence[LeadPlaced]) -> None:
    """What is too much for one transaction goes round once more, behind what has come since."""
    ids = list(dict.fromkeys(lead_id for event in placed for lead_id in event.lead_ids))
    describe(tx, ids[COMPARED_AT_ONCE:])
    matcher, pairs, own = await current_matching(tx.database), dict[str, Pair](), Rows()
    for together in in_parts(ids[:COMPARED_AT_ONCE], TOGETHER):
        those = await store.find_likenesses(tx, together)
        pairs |= await find_pairs(tx, matcher, those)
        own |= those
    merged = await _act(tx, matcher, pairs) if pairs else frozenset[str]()
    await recognise(tx, matcher, {lead_id: row for lead_id, row in own.items() if lead_id not in merged})


async def find_pairs(tx: Transaction, matcher: Matcher, those: Rows) -> dict[str, Pair]:
    """By pair, whoever of these is like whom, enough to be merged or asked about."""
    near = await _find_near(tx, {block for row in those.values() for block in row["blocks"]})
    by_block: defaultdict[str, list[str]] = defaultdict(list)
    for row in near.values():
        for block in row["blocks"]:
            by_block[block].append(row["_id"])
    comparisons = _Comparisons(matcher, near | those)
    for lead_id, row in those.items():
        others = {other for block in row["blocks"] if len(by_block[block]) <= MOST_IN_A_BLOCK for other in by_block[block]}
        comparisons.compare(lead_id, others - {lead_id})
    return comparisons.alike


async def _find_near(tx: Transaction, blocks: set[str]) -> Rows:
    """All leads in these blocks, but for blocks that are too common: those are found out once, and not asked for again."""
    common = _common.setdefault(tx.database, {})
    while True:
        asked = [block for block in blocks if block not in common]
        rows = await store.find_likenesses_in(tx, asked, MOST_IN_AN_ANSWER)
        counted = Counter(block for row in rows for block in row["blocks"] if block in blocks)
        found = [block for block, count in counted.items() if count > MOST_IN_A_BLOCK and block not in common]
        _remember(common, found)
        if len(rows) < MOST_IN_AN_ANSWER or not found:
            return {row["_id"]: row for row in rows}


def _remember(common: dict[str, None], blocks: Iterable[str]) -> None:
    common.update(dict.fromkeys(blocks))
    for block in list(islice(common, max(0, len(common) - MOST_COMMON))):
        del common[block]


class _Comparisons:
    """Each pair is compared once, and nobody is put in comparable form who is not near somebody."""

    def __init__(self, matcher: Matcher, rows: Rows) -> None:
        self.alike: dict[str, Pair] = {}
        self._matcher, self._rows = matcher, rows
        self._done: set[str] = set()
        self._likenesses: dict[str, Likeness] = {}

    def compare(self, lead_id: str, others: Iterable[str]) -> None:
        for other in others:
            pair = pair_of(lead_id, other)
            if pair not in self._done:
                self._done.add(pair)
                comparing = self._matcher.compare(self._likeness(lead_id), self._likeness(other))
                if comparing.verdict != "separate":
                    self.alike[pair] = Pair(lead_id, other, comparing)

    def _likeness(self, lead_id: str) -> Likeness:
        if lead_id not in self._likenesses:
            self._likenesses[lead_id] = Likeness(*self._rows[lead_id]["likeness"])
        return self._likenesses[lead_id]


async def _act(tx: Transaction, matcher: Matcher, pairs: dict[str, Pair]) -> Set[str]:
    """The surest first. Whoever was part of a merge, and is returned, is compared anew, as what it is now."""
    known = await store.find_duplicates(tx, list(pairs))
    leads = await store.find_leads(tx, {lead_id for pair in pairs.values() for lead_id in (pair.one, pair.other)})
    alive = {lead_id for lead_id, lead in leads.items() if lead["status"] in ALIVE}
    await store.remove_likenesses(tx, {lead_id for pair in pairs.values() for lead_id in (pair.one, pair.other)} - alive)
    asked, again = list[DuplicateDocument](), list[str]()
    desk, touched = await HandDesk.opened(tx, *leads.values()), set[str]()
    for pair in sorted(pairs.values(), key=lambda pair: (-pair.comparing.points, pair.id)):
        before = known.get(pair.id)
        if touched & {pair.one, pair.other} or not alive >= {pair.one, pair.other} or (before is not None and before["status"] != "open"):
            continue
        why = why_ask(leads[pair.one], leads[pair.other])
        if pair.comparing.verdict == "merge" and not why and len(touched) < 2 * MERGED_AT_ONCE:
            kept, other = kept_of(leads[pair.one], leads[pair.other])
            await absorb(desk, kept, other, pair.comparing.match)
            touched |= {pair.one, pair.other}
            again.append(kept["_id"])
        elif pair.comparing.verdict == "merge" and not why:
            again.append(pair.one)
        elif before is None:
            asked.append(_question(tx, matcher, pair, leads, why))
    await desk.close()
    describe(tx, list(dict.fromkeys(again)))
    await store.add_duplicates(tx, asked)
    return touched


def _question(tx: Transaction, matcher: Matcher, pair: Pair, leads: Leads, why: str) -> DuplicateDocument:
    kept, other = kept_of(leads[pair.one], leads[pair.other])
    row: DuplicateDocument = {"_id": pair.id, "version": 1, "status": "open", "lead_id": kept["_id"], "other_id": other["_id"]}
    row["score"], row["match"] = pair.comparing.points, pair.comparing.match.model_dump()
    row["policy_version"], row["found_at"] = matcher.policy.version, tx.now
    if why:
        row["why"] = why
    return row


async def find_alike(db: Database, lead: LeadDocument) -> list[tuple[str, Comparing]]:
    """Who is like this lead, the likest first: for whoever looks at it, without writing anything."""
    matcher, own = await current_matching(db), likeness_of(lead)
    near = await _look_around(db, lead)
    alike = [(other_id, matcher.compare(own, Likeness(*row["likeness"]))) for other_id, row in near.items() if other_id != lead["_id"]]
    return sorted((one for one in alike if one[1].verdict != "separate"), key=lambda one: -one[1].points)


async def _look_around(db: Database, lead: LeadDocument) -> Rows:
    """Into all its blocks at once; where there are too many into each, no further than to see that it is too common."""
    common = _common.setdefault(db, {})
    asked = [block for block in blocks_of(lead) if block not in common]
    rows = await store.find_likenesses_in(db, asked, MOST_IN_A_BLOCK + 1)
    if len(rows) > MOST_IN_A_BLOCK:
        found = await asyncio.gather(*(store.find_likenesses_in(db, [block], MOST_IN_A_BLOCK + 1) for block in asked))
        _remember(common, (block for block, some in zip(asked, found, strict=True) if len(some) > MOST_IN_A_BLOCK))
        rows = [row for some in found if len(some) <= MOST_IN_A_BLOCK for row in some]
    return {row["_id"]: row for row in rows}

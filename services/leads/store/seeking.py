"""What is asked of the list of leads, as ranges of the index: whatever is chosen, hardly more is read than is shown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import product
from math import prod
from typing import Any

from services.leads.store.facets import FACETS, INDEX, KINDS, STATUSES, Kind, facet
from services.leads.store.leads import LEADS
from shared.database import Database
from shared.paging import Chosen, Gathered, Wanted

# Leads with one of the values of each field.
Box = Mapping[str, Sequence[str | None]]
Document = dict[str, Any]
# So many ranges of an index the server puts in one order; of more it reads all, and sorts them.
MOST_RANGES = 200
# So many keys are sorted in as long as it takes to go through those of all leads until a page is full, if they are spread evenly.
A_FEW = 4_000
# The indexes that have the orders in which leads are listed; that of change tells what is chosen, so no others are read on the way.
ORDERS = {
    "_id": [("_id", 1)],
    "updated_at": [("updated_at", -1), ("_id", -1), ("owner_id", 1), ("team_id", 1), ("source", 1), ("status", 1)],
}
# Which of two ways is the shorter one is not known before: each is tried longer than the one before it.
TRIES_MS = (10, 50, 150)
# Without the first field of an index the server uses no other.
_WHENEVER = {"updated_at": {"$gt": datetime(1, 1, 1, tzinfo=UTC)}}


def in_sight_of(owner_id: str, team_ids: Iterable[str]) -> Document:
    """A filter for the leads that are this owner's or of one of these teams."""
    return {"$or": [{"owner_id": {"$in": [owner_id]}}, {"team_id": {"$in": list(team_ids)}}]}


async def seek(db: Database, chosen: Chosen, scope: Document, sort: str) -> Wanted:
    """The leads with one of the chosen values of each field within a scope, as they are read best in the order of the field `sort`.

    A scope is either what is in sight of somebody or says which ids.
    Where they are many and no range has that order, all leads are gone through in it, but not for long: they may all stand far behind.
    Then the keys of their ranges are sorted.
    """
    if scope.keys() - {"$or"}:
        return Wanted({"$and": [scope, _plainly([chosen])]} if chosen else scope, ORDERS["_id"])
    boxes = _without_parts([*_met(chosen, _boxes(scope))])
    if {} in boxes:
        return Wanted({})
    kinds = [await _narrowest(db, box) for box in boxes]
    ranges = [one for kind, box in zip(kinds, boxes, strict=True) for one in _ranges(kind, box)]
    found: Document = {FACETS: {"$in": ranges}}
    if any(box.keys() - {*kind, "status"} for kind, box in zip(kinds, boxes, strict=True)):
        found |= _plainly(boxes)
    if sort == "_id" and len(ranges) <= MOST_RANGES:
        return Wanted(found)
    wanted = in_ranges = Wanted(found, INDEX)
    if await _count(db, ranges) > A_FEW:
        in_order = Wanted(_WHENEVER | _plainly(boxes) if sort == "updated_at" else found, ORDERS[sort])
        for way, within_ms in zip((in_order, in_ranges, in_order), reversed(TRIES_MS), strict=True):
            wanted = way._replace(within_ms=within_ms, otherwise=wanted)
    return wanted


SOUGHT = Gathered(("status", "owner_id", "team_id", "source"), seek)


def _boxes(scope: Document) -> list[Box]:
    return [{field: among["$in"] for field, among in one.items()} for one in scope["$or"]] if scope else [{}]


def _met(chosen: Chosen, boxes: Sequence[Box]) -> Iterator[Box]:
    """What of these is chosen."""
    for box in boxes:
        met = {**box, **chosen} | {field: [one for one in chosen[field] if one in box[field]] for field in box.keys() & chosen.keys()}
        if all(met.values()):
            yield met


def _without_parts(boxes: Sequence[Box]) -> list[Box]:
    """Without those that lie within another, of equal ones the last."""
    kept: list[Box] = []
    for place, box in enumerate(boxes, start=1):
        if not any(_is_within(box, one) for one in (*kept, *boxes[place:])):
            kept.append(box)
    return kept


def _is_within(box: Box, other: Box) -> bool:
    return all(field in box and set(box[field]) <= set(values) for field, values in other.items())


async def _narrowest(db: Database, box: Box) -> Kind:
    """Of the kinds of facets that tell most of it in not too many ranges the one of which there are fewest leads."""
    fitting = [kind for kind in KINDS if kind and box.keys() >= set(kind)] or [()]
    few = [kind for kind in fitting if _width(kind, box) <= MOST_RANGES] or [min(fitting, key=lambda kind: _width(kind, box))]
    best = [kind for kind in few if len(kind) == max(map(len, few))]
    counts = {kind: await _count(db, _ranges(kind, box)) for kind in best} if len(best) > 1 else {}
    return min(best, key=lambda kind: counts.get(kind, 0))


def _width(kind: Kind, box: Box) -> int:
    return prod(len(box[field]) for field in kind) * len(box.get("status", STATUSES))


def _ranges(kind: Kind, box: Box) -> list[str]:
    each = product(*(box[field] for field in kind), box.get("status", STATUSES))
    return [facet(kind, values, status or "") for *values, status in each]


async def _count(db: Database, ranges: Sequence[str]) -> int:
    """On the index alone, and no further than to tell a few from many."""
    return int(await db.collection(LEADS).count_documents({FACETS: {"$in": ranges}}, hint=INDEX, limit=A_FEW + 1))


def _plainly(boxes: Sequence[Box]) -> Document:
    plain = [{field: {"$in": list(values)} for field, values in box.items()} for box in boxes]
    return plain[0] if len(plain) == 1 else {"$or": plain}

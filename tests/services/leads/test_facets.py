"""Leads are found by facets as they would be by their fields."""

from itertools import combinations, product
from typing import Any

import pytest

from services.leads.models.counting import standing_of
from services.leads.store import INDEXES
from services.leads.store.facets import STATUSES, facets_changed, facets_of
from services.leads.store.seeking import MOST_RANGES, in_sight_of, seek
from shared.database import Database, utcnow
from shared.paging import Wanted
from tests.conftest import DatabaseOf

Fields = dict[str, Any]
VALUES: dict[str, tuple[str | None, ...]] = {
    "status": STATUSES[1:4],
    "owner_id": (None, "ana", "bruno"),
    "team_id": (None, "europe", "world"),
    "source": ("web", "fair"),
}
LEADS = [dict(zip(VALUES, values, strict=True)) for values in product(*VALUES.values())]
SOME = {"_id": {"$in": list(range(0, len(LEADS), 7))}}
# Each as it is asked for, and as it is meant.
SCOPES: list[tuple[Fields, Fields]] = [
    ({}, {}),
    (in_sight_of("ana", ["world"]), {"$or": [{"owner_id": "ana"}, {"team_id": "world"}]}),
    (in_sight_of("bruno", []), {"owner_id": "bruno"}),
    (SOME, SOME),
]
CHOICES: list[dict[str, list[str | None]]] = [
    {},
    *({field: [value]} for field, values in VALUES.items() for value in values),
    *({one: [VALUES[one][0]], other: [VALUES[other][-1]]} for one, other in combinations(VALUES, 2)),
    *({one: [VALUES[one][-1]], other: list(VALUES[other][:2])} for one, other in combinations(VALUES, 2)),
    *({one: list(VALUES[one]) for one in three} for three in combinations(VALUES, 3)),
    {field: list(values[:2]) for field, values in VALUES.items()},
    {"owner_id": ["ana"], "source": ["web", *(f"source{number}" for number in range(99))]},
]


@pytest.mark.parametrize("sort", ["_id", "updated_at"])
@pytest.mark.parametrize("few", [0, 1_000])
async def test_whatever_is_chosen_within_whatever_scope_the_same_leads_are_found_as_by_their_fields(
    database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch, sort: str, few: int
) -> None:
    monkeypatch.setattr("services.leads.store.seeking.A_FEW", few)
    db = await database_of("leads")
    await db.ensure_indexes(one for one in INDEXES if one.collection == "leads")
    leads = [
        {"_id": number, "keys": [number], **lead, "facets": facets_of(lead), "updated_at": utcnow()} for number, lead in enumerate(LEADS)
    ]
    await db.collection("leads").insert_many(leads)
    for chosen, (scope, meant) in product(CHOICES, SCOPES):
        wanted: Wanted | None = await seek(db, chosen, scope, sort)
        plainly = [{field: {"$in": values}} for field, values in chosen.items()]
        expected = await _ids(db, {"$and": [meant, *plainly]})
        while wanted:
            assert await _ids(db, wanted.condition, wanted.by) == expected, (chosen, scope)
            wanted = wanted.otherwise


async def _ids(db: Database, condition: Fields, by: Any = None) -> list[int]:
    return [row["_id"] for row in await db.collection("leads").find(condition, {"_id": 1}, hint=by).sort("_id", 1).to_list(None)]


def test_what_changes_with_a_field_is_what_the_whole_lead_would_say() -> None:
    for lead, other in product(LEADS, LEADS):
        for field in VALUES:
            now, after = {**lead, field: other[field]}, facets_of(lead)
            for place, facet in facets_changed(_standing(lead), _standing(now)).items():
                after[int(place.rpartition(".")[2])] = facet
            assert after == facets_of(now)


def _standing(lead: Fields) -> Any:
    return standing_of({**lead, "created_at": utcnow()})


async def test_no_more_ranges_are_asked_for_than_the_server_puts_in_order(database_of: DatabaseOf) -> None:
    db, sources = await database_of("leads"), [f"source{number}" for number in range(100)]
    await db.ensure_indexes(one for one in INDEXES if one.collection == "leads")
    asked = (await seek(db, {"owner_id": ["ana"], "source": sources}, {}, "_id")).condition
    assert len(asked["facets"]["$in"]) <= MOST_RANGES
    assert asked["source"] == {"$in": sources}

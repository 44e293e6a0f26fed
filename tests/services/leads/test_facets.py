"""Leads are found by facets as they would be by their fields."""

from itertools import combinations, product
from typing import Any

from services.leads.store.facets import MOST_RANGES, STATUSES, facets_changed, facets_of, in_sight_of, sought
from shared.database import Database
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


async def test_whatever_is_chosen_within_whatever_scope_the_same_leads_are_found_as_by_their_fields(database_of: DatabaseOf) -> None:
    db = await database_of("leads")
    await db.collection("leads").insert_many([{"_id": number, **lead, "facets": facets_of(lead)} for number, lead in enumerate(LEADS)])
    for chosen, (scope, meant) in product(CHOICES, SCOPES):
        plainly = [{field: {"$in": values}} for field, values in chosen.items()]
        assert await _ids(db, sought(chosen, scope)) == await _ids(db, {"$and": [meant, *plainly]}), (chosen, scope)


async def _ids(db: Database, condition: Fields) -> list[int]:
    return [row["_id"] for row in await db.collection("leads").find(condition, {"_id": 1}).sort("_id", 1).to_list(None)]


def test_what_changes_with_an_owner_or_a_team_is_what_the_whole_lead_would_say() -> None:
    for lead, owner_id, team_id in product(LEADS, VALUES["owner_id"], VALUES["team_id"]):
        facets = facets_of(lead)
        for changed in ({"owner_id": owner_id}, {"team_id": team_id}, {"owner_id": owner_id, "team_id": team_id}):
            after = list(facets)
            for place, facet in facets_changed(changed, str(lead["status"]), str(lead["source"])).items():
                after[int(place.rpartition(".")[2])] = facet
            assert after == facets_of(lead | changed)


def test_no_more_ranges_are_asked_for_than_the_server_puts_in_order() -> None:
    sources: list[str | None] = [f"source{number}" for number in range(100)]
    asked = sought({"owner_id": ["ana"], "source": sources}, {})
    assert len(asked["facets"]["$in"]) <= MOST_RANGES
    assert asked["$and"] == [{"source": {"$in": sources}}]

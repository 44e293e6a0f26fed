"""Whose ground a company stands on."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import Ground, Territory
from services.leads.rules.distribution.territories import Atlas, has_cycle, holds

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def a_territory(name: str, parent: str | None = None, **fields: Any) -> Territory:
    return Territory(id=name, name=name, parent_id=parent, created_at=BEGINNING, updated_at=BEGINNING, **fields)


def found(atlas: Atlas, **company: Any) -> str | None:
    territory = atlas.find("world", company)
    return territory.id if territory else None


GERMANY = Ground(countries=["DE"])
ATLAS = Atlas(
    [
        a_territory("world", team_id="w"),
        a_territory("germany", "world", ground=GERMANY, team_id="de"),
        a_territory("bavaria", "germany", ground=Ground(regions=["Bayern", "Bavaria"])),
        a_territory("munich", "bavaria", ground=Ground(postcodes=[{"first": "80", "last": "81"}]), team_id="muc"),
        a_territory("big", "germany", ground=Ground(least_employees=1000), team_id="key", position=-1),
        a_territory("closed", "world", ground=Ground(countries=["FR"]), team_id="fr", active=False),
    ]
)


@pytest.mark.parametrize(
    ("company", "expected"),
    [
        ({"country": "DE", "region": "bavaria", "postcode": "81 999"}, "munich"),
        ({"country": "DE", "region": "Bayern", "postcode": "82001"}, "germany"),
        ({"country": "DE"}, "germany"),
        ({"country": "DE", "region": "Bayern", "postcode": "80331", "employees": 5000}, "big"),
        ({"country": "FR"}, "world"),
        ({}, "world"),
    ],
)
def test_a_lead_goes_down_the_tree_and_back_up_to_where_somebody_takes_it(company: dict[str, Any], expected: str) -> None:
    assert found(ATLAS, **company) == expected


def test_what_the_root_does_not_hold_belongs_to_nobody_in_it() -> None:
    assert ATLAS.find("germany", {"country": "SE"}) is None
    assert ATLAS.find("nowhere", {"country": "DE"}) is None


@given(st.integers(0, 99999), st.integers(0, 99999), st.integers(0, 99999))
def test_a_range_of_postcodes_holds_those_between_its_ends(first: int, last: int, code: int) -> None:
    first, last = sorted((first, last))
    ground = Ground(postcodes=[{"first": f"{first:05}", "last": f"{last:05}"}])
    assert holds(ground, {"postcode": f"{code:05}"}) == (first <= code <= last)


def test_a_tree_that_would_be_within_itself_is_noticed() -> None:
    parents = {"a": None, "b": "a", "c": "b"}
    assert has_cycle(a_territory("a", "c"), parents)
    assert has_cycle(a_territory("a", "a"), parents)
    assert not has_cycle(a_territory("d", "c"), parents)

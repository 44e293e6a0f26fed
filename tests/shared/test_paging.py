"""Lists by cursor: every row once, whatever the order, the values, and what comes and goes meanwhile."""

import base64
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest

from shared.database import Database
from shared.errors import Invalid
from shared.paging import Chosen, Gathered, Listing, Page, Wanted
from tests.conftest import DatabaseOf

DAY = datetime(2026, 1, 1, tzinfo=UTC)
THINGS: Listing[str] = Listing(
    "things",
    view=lambda row: str(row["_id"]),
    sorts=("id", "at", "amount", "rank", "place.city"),
    default_sort="-at",
    filters={
        "id": str,
        "kind": Literal["big", "small"],
        "rank": int,
        "amount": Decimal,
        "at": datetime,
        "day": date,
        "done": bool,
        "place.city": str,
    },
)
ROWS: list[dict[str, Any]] = [
    {
        "_id": f"t{number:02}",
        "at": DAY + timedelta(days=number // 3),
        "amount": Decimal(number) / 7 if number % 4 else None,
        "rank": number % 5,
        "kind": "big" if number % 2 else "small",
        "done": number > 10,
        "place": {"city": "Oslo"} if number % 3 else {},
    }
    for number in range(25)
]


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    database = await database_of("booth")
    await database.collection("things").insert_many(ROWS)
    return database


async def listed(db: Database, scope: dict[str, Any] | None = None, **params: str) -> list[str]:
    """All pages, one after the other."""
    page = await THINGS.page(db, params, scope=scope)
    items = list(page.items)
    while page.next:
        page = await THINGS.page(db, params | {"cursor": page.next}, scope=scope)
        items += page.items
    return items


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["_id"] for row in rows]


@pytest.mark.parametrize("limit", ["1", "2", "7", "24", "25", "200"])
@pytest.mark.parametrize("sort", ["id", "-id", "at", "-at", "amount", "-amount", "rank", "-rank", "place.city", "-place.city"])
async def test_every_row_comes_once_in_order(db: Database, sort: str, limit: str) -> None:
    def value(row: dict[str, Any]) -> Any:
        path = sort.removeprefix("-")
        found = {"id": row["_id"], "place.city": row["place"].get("city")}.get(path, row.get(path))
        return (found is not None, found, row["_id"]) if found is not None else (False, 0, row["_id"])

    expected = ids(sorted(ROWS, key=value, reverse=sort.startswith("-")))

    assert await listed(db, sort=sort, limit=limit) == expected


async def test_rows_that_come_and_go_disturb_nobody_else(db: Database) -> None:
    first = await THINGS.page(db, {"sort": "id", "limit": "10"})
    await db.collection("things").delete_many({"_id": {"$in": ["t09", "t15"]}})
    await db.collection("things").insert_many([{"_id": "t00b", "at": DAY}, {"_id": "t99", "at": DAY}])

    rest = await THINGS.page(db, {"sort": "id", "limit": "50", "cursor": str(first.next)})

    assert rest.items == [*(f"t{number}" for number in range(10, 25) if number != 15), "t99"]
    assert rest.next is None


async def test_the_usual_page_has_fifty_rows_and_none_has_more_than_two_hundred(db: Database) -> None:
    await db.collection("things").insert_many([{"_id": f"u{number:03}", "at": DAY} for number in range(300)])

    assert len((await THINGS.page(db, {})).items) == 50
    assert len((await THINGS.page(db, {"limit": "200"})).items) == 200


async def test_an_empty_list_has_no_next_page(db: Database) -> None:
    assert await THINGS.page(db, {"rank": "99"}) == Page(items=[], next=None)


@pytest.mark.parametrize(
    ("params", "chosen"),
    [
        ({"kind": "big"}, lambda row: row["kind"] == "big"),
        ({"kind": "big,small", "rank": "1,2"}, lambda row: row["rank"] in (1, 2)),
        ({"id": "t03,t04,nobody"}, lambda row: row["_id"] in ("t03", "t04")),
        ({"rank__gte": "2", "rank__lte": "3"}, lambda row: 2 <= row["rank"] <= 3),
        ({"amount__gte": "2.5"}, lambda row: row["amount"] is not None and row["amount"] >= Decimal("2.5")),
        ({"amount": ""}, lambda row: row["amount"] is None),
        ({"place.city": ""}, lambda row: not row["place"]),
        ({"place.city": "Oslo"}, lambda row: row["place"]),
        ({"at__gte": "2026-01-03T01:00:00+02:00", "at__lte": "2026-01-04T00:00:00Z"}, lambda row: 2 <= (row["at"] - DAY).days <= 3),
        ({"done": "true"}, lambda row: row["done"]),
    ],
)
async def test_filters_choose(db: Database, params: dict[str, str], chosen: Any) -> None:
    assert sorted(await listed(db, **params, limit="4")) == ids([row for row in ROWS if chosen(row)])


async def test_nothing_outside_the_scope_is_seen(db: Database) -> None:
    scope = {"$or": [{"rank": 1}, {"rank": 2}]}

    assert sorted(await listed(db, scope, rank="2,3", limit="2")) == ids([row for row in ROWS if row["rank"] == 2])


@pytest.mark.parametrize(
    ("params", "field", "rule"),
    [
        ({"limit": "0"}, "limit", "range"),
        ({"limit": "201"}, "limit", "range"),
        ({"limit": "many"}, "limit", "range"),
        ({"sort": "password"}, "sort", "unknown_sort"),
        ({"sort": "--at"}, "sort", "unknown_sort"),
        ({"colour": "red"}, "colour", "unknown_filter"),
        ({"kind__gte": "big"}, "kind__gte", "unknown_filter"),
        ({"rank__regex": "1"}, "rank__regex", "unknown_filter"),
        ({"$where": "1"}, "$where", "unknown_filter"),
        ({"kind": "huge"}, "kind", "literal_error"),
        ({"rank": "1,two"}, "rank", "int_parsing"),
        ({"at": "2026-01-01T00:00:00"}, "at", "timezone_aware"),
        ({"id": ",".join(["t"] * 101)}, "id", "too_many"),
        ({"cursor": "nonsense"}, "cursor", "cursor"),
        ({"cursor": "é" * 10}, "cursor", "cursor"),
        ({"cursor": base64.urlsafe_b64encode(b"abcdef[1,2]").decode()}, "cursor", "cursor"),
    ],
)
async def test_what_this_list_can_not_give_is_named(db: Database, params: dict[str, str], field: str, rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        await THINGS.page(db, params)

    assert [(one.field, one.rule) for one in refused.value.violations] == [(field, rule)]


async def test_everything_that_is_wrong_is_named_at_once(db: Database) -> None:
    with pytest.raises(Invalid) as refused:
        await THINGS.page(db, {"limit": "x", "sort": "y", "rank": "z"})

    assert {one.field for one in refused.value.violations} == {"limit", "sort", "rank"}


async def test_a_cursor_that_was_bent_or_is_for_another_order_is_refused(db: Database) -> None:
    cursor = str((await THINGS.page(db, {"limit": "3"})).next)
    bent = [cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :] for place in range(len(cursor) - 1)]

    for params in [*({"cursor": one} for one in bent), {"cursor": cursor, "sort": "at"}, {"cursor": cursor[:-4]}]:
        with pytest.raises(Invalid) as refused:
            await THINGS.page(db, params)
        assert refused.value.violations[0].field == "cursor"


@pytest.mark.parametrize("sort", ["amount", "-amount"])
async def test_a_page_far_down_is_found_by_the_index(db: Database, sort: str) -> None:
    things = db.collection("things")
    await things.insert_many([{"_id": f"v{number:04}", "amount": Decimal(number % 50)} for number in range(3000)])
    await things.create_index([("amount", 1), ("_id", 1)])
    cursor = ""
    for _ in range(10):
        cursor = str((await THINGS.page(db, {"sort": sort, "limit": "100"} | ({"cursor": cursor} if cursor else {}))).next)

    examined = await _examined(db, {"sort": sort, "limit": "100", "cursor": cursor})

    assert examined <= 400


async def _examined(db: Database, params: dict[str, str]) -> int:
    """How many documents the server looked at for one page, by its own account."""
    await db._database.command("profile", 2)
    try:
        await THINGS.page(db, params)
    finally:
        await db._database.command("profile", 0)
    entries = await db.collection("system.profile").find({"op": "query", "ns": "booth.things"}).to_list(None)
    await db.collection("system.profile").drop()
    return sum(entry["docsExamined"] for entry in entries)


@pytest.mark.parametrize("sort", ["id", "-at", "amount", "-amount", "place.city", "-rank"])
async def test_two_scopes_are_read_in_one_order_as_if_they_were_one(db: Database, sort: str) -> None:
    first, second = {"kind": "big"}, {"rank": {"$gte": 3}}
    page = await THINGS.page(db, {"sort": sort, "limit": "4"}, scope=first, also=second)
    items = list(page.items)
    while page.next:
        page = await THINGS.page(db, {"sort": sort, "limit": "4", "cursor": page.next}, scope=first, also=second)
        items += page.items
    assert items == await listed(db, {"$or": [first, second]}, sort=sort)


async def test_what_an_index_does_not_find_in_time_is_found_otherwise(db: Database) -> None:
    async def seek(db: Database, chosen: Chosen, scope: dict[str, Any], sort: str) -> Wanted:
        kind = {"kind": {"$in": chosen["kind"]}}
        return Wanted({"$where": "sleep(5) || true", **kind}, [("_id", 1)], within_ms=1, otherwise=Wanted(kind))

    things = Listing("things", view=THINGS._view, sorts=("id",), default_sort="id", gathered=Gathered(("kind",), seek))
    page = await things.page(db, {"kind": "big"})
    assert page.items == [row["_id"] for row in ROWS if row["kind"] == "big"]

"""The history of a record, as it is asked for over HTTP."""

from shared.history import Change, history_page
from shared.transaction import Transaction
from tests.conftest import DatabaseOf


async def test_the_changes_of_one_record_are_listed_the_latest_first(database_of: DatabaseOf) -> None:
    db = await database_of("booth")

    async def change(tx: Transaction) -> None:
        for version in (1, 2, 3):
            tx.record(
                Change(
                    of="lead", id="l1", version=version, what="assigned", before={"owner_id": None}, after={"owner_id": "ana"}, why="free"
                )
            )
        tx.record(Change(of="lead", id="l2", version=1, what="captured"))
        tx.record(Change(of="account", id="l1", version=1, what="opened"))

    await db.transact(change, by="user:bob")
    first = await history_page(db, "lead", "l1", {"limit": "2"})
    rest = await history_page(db, "lead", "l1", {"limit": "2", "cursor": str(first.next)})

    assert [one.version for one in first.items + rest.items] == [3, 2, 1]
    assert {(one.what, one.by, one.why) for one in first.items} == {("assigned", "user:bob", "free")}
    assert (first.items[0].before, first.items[0].after) == ({"owner_id": None}, {"owner_id": "ana"})
    assert rest.next is None

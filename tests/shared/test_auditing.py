"""What people change is written down where the service itself can't change it: its own user of MongoDB, on a server that checks."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from deploy.local.mongod import Mongod, mongod_binary
from deploy.local.processes import Processes, free_ports
from deploy.local.replica_set import address, direct_client, make_users
from services.leads.main import service
from shared.auditing import UNAUTHORIZED, prepare_audit
from shared.change import Change, audited_row
from shared.database import connect, utcnow
from shared.settings import Misconfigured
from tests.road import api_client

PASSWORDS = {"leads": "of-leads", "accounts": "of-accounts"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A server with access control, and the users that a stack has."""
    if mongod_binary() is None:
        pytest.skip("there is no embedded MongoDB for this machine")
    place = tmp_path_factory.mktemp("guarded")
    mongod = Mongod(place / "mongo", free_ports(1)[0], Processes(place / "run", place / "logs"), password="of-admin", cache_gb=0.25)
    mongod.begin()
    try:
        mongod.wait_until_ready()
        with direct_client(mongod.port, "admin", "of-admin") as client:
            for _ in range(2):
                make_users(client, PASSWORDS)
        yield mongod
    finally:
        mongod.kill()


async def test_the_service_audits_as_its_own_user_what_people_do(guarded: Mongod) -> None:
    db = await connect(address(guarded.port, "leads", "of-leads", database="leads"), "leads")
    await service.prepare(db)
    async with api_client(service, db) as client:
        assert (await client.patch("/reps/ana", json={"available": False})).status_code == 200
        (row,) = (await client.get("/audit?of=rep&record_id=ana&by=user:ana")).json()["items"]
    db.close()
    assert (row["what"], row["before"], row["after"]) == ("changed", {"available": True}, {"available": False})


async def test_a_user_without_a_place_to_audit_is_told_so_at_the_start(guarded: Mongod) -> None:
    with direct_client(guarded.port, "admin", "of-admin") as client:
        client["booth"].command("createUser", "booth", pwd="of-booth", roles=["readWrite"])
    db = await connect(address(guarded.port, "booth", "of-booth", database="booth"), "booth")
    with pytest.raises(Misconfigured, match="booth_audit"):
        await prepare_audit(db)
    db.close()


FORBIDDEN: list[Any] = [
    lambda audit: audit.update_one({}, {"$set": {"by": "user:nobody"}}),
    lambda audit: audit.replace_one({}, {"by": "user:nobody"}, upsert=True),
    lambda audit: audit.delete_many({}),
    lambda audit: audit.drop(),
    lambda audit: audit.create_index("at", expireAfterSeconds=0),
    lambda audit: audit.rename("forgotten"),
    lambda audit: audit.aggregate([{"$match": {}}, {"$out": "audit"}]),
    lambda audit: audit.database.client.drop_database(audit.database.name),
    lambda audit: audit.database.command("collMod", "audit", validator={}),
    lambda audit: audit.database.command("updateRole", "auditor", privileges=[], roles=[]),
    lambda audit: audit.database.client["accounts_audit"]["audit"].find_one({}),
    lambda audit: audit.database.client["accounts_audit"]["audit"].insert_one({}),
]


@pytest.mark.parametrize("number", range(len(FORBIDDEN)))
def test_the_users_of_services_change_nothing_in_the_audit_and_see_no_other(guarded: Mongod, number: int) -> None:
    with MongoClient[dict[str, Any]](address(guarded.port, "leads", "of-leads", database="leads")) as client:
        client["leads_audit"]["audit"].insert_one({"_id": f"row {number}"})
        with pytest.raises(OperationFailure) as refusal:
            FORBIDDEN[number](client["leads_audit"]["audit"])
        assert refusal.value.code == UNAUTHORIZED
        assert client["leads_audit"]["audit"].count_documents({"_id": f"row {number}"}) == 1


def test_of_what_may_be_a_persons_the_audit_keeps_the_name_alone() -> None:
    change = Change("lead", "l1", 3, "merged", {"person.email": None}, {"person.email": "ana@acme.example", "status": "merged"}, why="ana")
    row = audited_row(change.to_document(by="user:max", at=utcnow()), {"lead": {"status"}}, "c7")
    assert (row["fields"], row["before"], row["after"], row["why"]) == (["person.email", "status"], {}, {"status": "merged"}, None)
    assert "ana" not in str(row)

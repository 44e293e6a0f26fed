"""From a bare mongod to a replica set of one with its users; every step is harmless the second time."""

from collections.abc import Mapping
from typing import Any

from pymongo import IndexModel, MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure

from shared.auditing import AUDIT, INDEXES, UNAUTHORIZED

Client = MongoClient[dict[str, Any]]
REPLICA_SET = "rs0"
ADMIN = "admin"
AUDITOR = "auditor"
ALREADY_INITIALISED, USER_EXISTS = 23, 51003


def address(port: int, user: str = "", password: str = "", *, database: str = ADMIN) -> str:
    """The address as one user of one database sees it; without a user there is no access control."""
    who, source = (f"{user}:{password}@", f"&authSource={database}") if user else ("", "")
    return f"mongodb://{who}127.0.0.1:{port}/{'' if database == ADMIN else database}?replicaSet={REPLICA_SET}{source}"


def direct_client(port: int, user: str = "", password: str = "") -> Client:
    """A client of this one server, whatever it thinks of its replica set."""
    who = f"{user}:{password}@" if user else ""
    return MongoClient(f"mongodb://{who}127.0.0.1:{port}/?directConnection=true", serverSelectionTimeoutMS=1000)


def answers(client: Client) -> bool:
    """Raises OperationFailure where it answers, but knows neither the user nor the password."""
    try:
        return bool(client.admin.command("ping"))
    except ConnectionFailure:
        return False


def initiate(client: Client, port: int) -> None:
    if client.admin.command("hello").get("setName"):
        return
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}]})
    except OperationFailure as refusal:
        # A set that has users but no primary yet answers that this needs rights: it was initiated before.
        if refusal.code not in (ALREADY_INITIALISED, UNAUTHORIZED):
            raise


def takes_writes(client: Client) -> bool:
    return bool(client.admin.command("hello")["isWritablePrimary"])


def make_admin(client: Client, password: str) -> None:
    """Only the first user may be made without signing in; afterwards the server says that this needs rights."""
    try:
        client.admin.command("createUser", ADMIN, pwd=password, roles=["root"])
    except OperationFailure as refusal:
        if refusal.code not in (UNAUTHORIZED, USER_EXISTS):
            raise


def make_users(client: Client, passwords: Mapping[str, str]) -> None:
    """One user per service, who may read and write in the database of that name, add to its audit and read it, and nothing else."""
    for name, password in passwords.items():
        roles = [{"role": "readWrite", "db": name}, {"role": _make_auditor(client, name), "db": f"{name}_audit"}]
        known = client[name].command("usersInfo", name)["users"]
        client[name].command("updateUser" if known else "createUser", name, pwd=password, roles=roles)


def _make_auditor(client: Client, service: str) -> str:
    """The indexes are made for it: who could make some could make one by which rows expire."""
    audit = client[f"{service}_audit"]
    audit[AUDIT].create_indexes([IndexModel(list(index.keys)) for index in INDEXES])
    privileges = [{"resource": {"db": audit.name, "collection": AUDIT}, "actions": ["find", "insert"]}]
    known = audit.command("rolesInfo", AUDITOR)["roles"]
    audit.command("updateRole" if known else "createRole", AUDITOR, privileges=privileges, roles=[])
    return AUDITOR

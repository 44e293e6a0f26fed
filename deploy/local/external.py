"""Servers that somebody else runs: seen to be there and to be fit for us before anything is started."""

from pymongo import MongoClient
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

from deploy.local.problems import ServersAway, StackProblem
from deploy.local.processes import is_open

PATIENCE_MS = 5000
WRONG_PASSWORD, NO_RIGHTS = 18, 13


def require_mongo(service: str, uri: str) -> None:
    """One service can sign in, at a replica set that has a primary. Says what is wrong, and never the password."""
    try:
        with MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=PATIENCE_MS, connectTimeoutMS=PATIENCE_MS) as client:
            client[service].list_collection_names()
            _require_replica_set(client, uri)
    except OperationFailure as refusal:
        raise _refused(service, uri, refusal) from None
    except (ConfigurationError, ValueError):
        raise StackProblem(
            f"The address of MongoDB for {service} makes no sense:",
            "it looks like mongodb://user:password@host:27017/?authSource=admin, with :/?#[]@% in a password written as %3A and so on.",
        ) from None
    except PyMongoError as error:
        why = str(error).partition(", Timeout:")[0].partition(" (configured")[0]
        raise ServersAway(f"MongoDB does not answer at {hosts_of(uri)}: {why}.", "Start it, or correct DEALWIRE_MONGO.") from None


def hosts_of(uri: str) -> str:
    """An address as it may be shown: without who signs in and without options."""
    return uri.partition("://")[2].rpartition("@")[2].partition("/")[0].partition("?")[0]


def answers(hosts: str, default_port: int) -> bool:
    """Does one of `host:port,host:port` listen?"""
    return any(is_open(int(port or default_port), host) for host, _, port in (each.partition(":") for each in hosts.split(",")))


def _require_replica_set(client: "MongoClient[dict[str, object]]", uri: str) -> None:
    if "setName" not in client.admin.command("hello"):
        raise StackProblem(
            f"MongoDB at {hosts_of(uri)} is not a replica set, and only those have transactions.",
            "Start it with --replSet rs0 and say rs.initiate() to it once; one member is enough.",
        )


def _refused(service: str, uri: str, refusal: OperationFailure) -> StackProblem:
    where = f"MongoDB at {hosts_of(uri)}"
    if refusal.code == WRONG_PASSWORD:
        settings = f"DEALWIRE_{service.upper()}_MONGO or DEALWIRE_MONGO"
        return StackProblem(
            f"{where} does not know the user, or not the password, that {service} signs in with.",
            f"Correct {settings}, also its authSource: the database that the user was made in.",
        )
    if refusal.code == NO_RIGHTS:
        return StackProblem(f"{where} does not let the user of {service} into the database {service}.", "Give that user readWrite there.")
    return StackProblem(f"{where} refuses {service}: {(refusal.details or {}).get('errmsg')}.")

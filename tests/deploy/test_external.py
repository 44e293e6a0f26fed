"""Somebody else's MongoDB: what is wrong with it is said before anything is started, and never the password."""

from collections.abc import Iterator

import pytest

from deploy.local.external import answers, hosts_of, require_mongo
from deploy.local.mongod import Mongod, mongod_binary
from deploy.local.problems import ServersAway, StackProblem
from deploy.local.processes import Processes, free_ports
from deploy.local.replica_set import direct_client

PASSWORD = "s3cret/with:signs"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where a MongoDB with access control is, whose only user besides the admin may write in `leads`."""
    if mongod_binary() is None:
        pytest.skip("there is no embedded mongod for this machine")
    place = tmp_path_factory.mktemp("external")
    mongod = Mongod(place / "data", free_ports(1)[0], Processes(place / "run", place / "logs"), password="boss", cache_gb=0.25)
    mongod.begin()
    mongod.wait_until_ready()
    with direct_client(mongod.port, "admin", "boss") as client:
        client["sales"].command("createUser", "somebody", pwd=PASSWORD, roles=[{"role": "readWrite", "db": "leads"}])
    yield mongod.port
    mongod.kill()


def uri(port: int, password: str = "s3cret%2Fwith%3Asigns", *, options: str = "replicaSet=rs0&authSource=sales") -> str:
    return f"mongodb://somebody:{password}@127.0.0.1:{port}/?{options}"


def test_a_user_with_rights_in_the_service_s_database_is_fine(port: int) -> None:
    require_mongo("leads", uri(port))


@pytest.mark.parametrize("options", ["replicaSet=rs0&authSource=sales", "replicaSet=rs0"])
def test_a_wrong_password_or_place_of_the_user_is_said_with_the_setting_to_correct(port: int, options: str) -> None:
    with pytest.raises(StackProblem, match="does not know the user.*DEALWIRE_LEADS_MONGO.*authSource"):
        require_mongo("leads", uri(port, "wrong", options=options))


@pytest.mark.parametrize("who", ["somebody:s3cret%2Fwith%3Asigns@", ""])
def test_a_user_without_rights_is_said_to_need_them(port: int, who: str) -> None:
    with pytest.raises(StackProblem, match="does not let the user of accounts into the database accounts. Give that user readWrite there"):
        require_mongo("accounts", f"mongodb://{who}127.0.0.1:{port}/?replicaSet=rs0&authSource=sales")


def test_an_address_that_cannot_be_read_is_told_how_it_looks_without_being_repeated(port: int) -> None:
    with pytest.raises(StackProblem, match="makes no sense.*%3A") as problem:
        require_mongo("leads", uri(port, PASSWORD))
    assert PASSWORD not in str(problem.value)


def test_a_server_that_is_away_is_named_without_who_would_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.external.PATIENCE_MS", 200)
    nowhere = free_ports(1)[0]
    with pytest.raises(ServersAway, match=f"does not answer at 127.0.0.1:{nowhere}.*refused") as problem:
        require_mongo("leads", uri(nowhere))
    assert "s3cret" not in str(problem.value)


@pytest.mark.parametrize(
    "address",
    ["mongodb://a:27017,b:27018/?x=1", "mongodb://me:pw@a:27017,b:27018/leads", "mongodb+srv://me:pw@a:27017,b:27018"],
)
def test_hosts_are_shown_without_user_database_and_options(address: str) -> None:
    assert hosts_of(address) == "a:27017,b:27018"


def test_one_host_that_listens_is_enough(port: int) -> None:
    assert answers(f"127.0.0.1:{free_ports(1)[0]},127.0.0.1:{port}", 27_017)
    assert not answers(f"127.0.0.1:{free_ports(1)[0]}", 27_017)

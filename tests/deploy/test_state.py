"""The folder of a stack: secrets that only their owner reads, and one command at a time."""

import stat

import jwt
import pytest

from deploy import SERVICES
from deploy.local.problems import StackProblem
from deploy.local.sign_in import console_users_file, passwords_of_people
from deploy.local.state import Ports, State, first_port
from deploy.local.tokens import AUDIENCE, ISSUER, Bearer, jwks_file, sign_token
from shared.errors import Unauthenticated
from shared.keyset import KeySet
from shared.security import TokenVerifier


def mode_of(path: object) -> int:
    return stat.S_IMODE(path.stat().st_mode)  # type: ignore[attr-defined]


def test_secrets_are_readable_by_their_owner_alone(state: State) -> None:
    state.passwords()
    jwks_file(state)
    console_users_file(state)
    assert mode_of(state.secrets) == 0o700
    assert {mode_of(file) for file in state.secrets.iterdir()} == {0o600}


def test_every_service_has_a_password_of_its_own_that_stays(state: State) -> None:
    passwords = state.passwords()
    assert set(passwords) == {"admin", *SERVICES}
    assert len(set(passwords.values())) == len(passwords)
    assert state.passwords() == passwords


def test_only_one_command_at_a_time_starts_or_stops_a_stack(state: State) -> None:
    with state.alone(), pytest.raises(StackProblem, match="Another command"), state.alone():
        pass


def test_ports_are_counted_from_the_first() -> None:
    ports = Ports(8100)
    assert [ports.of(service) for service in ("console", "leads", "opportunities", "accounts", "notifications")] == [
        8100,
        8101,
        8102,
        8103,
        8104,
    ]
    assert (ports.mailbox, ports.kafka, ports.mongo) == (8125, 8190, 8191)


@pytest.mark.parametrize("wrong", ["http", "80", "65536", "-1"])
def test_a_first_port_that_makes_no_sense_is_said_to_be_wrong(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALWIRE_PORT", wrong)
    with pytest.raises(StackProblem, match="DEALWIRE_PORT"):
        first_port()


async def test_services_believe_a_token_of_the_stack_and_no_other(state: State, tmp_path: object) -> None:
    verifier = TokenVerifier(KeySet(str(jwks_file(state))), issuer=ISSUER, audience=AUDIENCE)
    principal = await verifier.principal(sign_token(state, Bearer("ana", ["rep"], ["north"])))
    assert (principal.subject, principal.roles, principal.teams) == ("ana", {"rep"}, ("north",))
    stranger = State(state.folder / "other", state.ports)
    with pytest.raises(Unauthenticated):
        await verifier.principal(sign_token(stranger, Bearer("ana", ["admin"])))


def test_a_token_says_who_it_is_for_and_when_it_ends(state: State) -> None:
    claims = jwt.decode(
        sign_token(state, Bearer("ana", ["rep"], email="ana@dealwire.example"), seconds=60), options={"verify_signature": False}
    )
    assert claims["sub"] == "ana"
    assert claims["email"] == "ana@dealwire.example"
    assert claims["exp"] - claims["iat"] == 60


def test_the_console_gets_hashes_and_the_person_the_password(state: State) -> None:
    users = console_users_file(state).read_text()
    for email, password in passwords_of_people(state).items():
        assert email in users
        assert password not in users

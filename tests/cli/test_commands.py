"""What the command line says, and with which exit code."""

from pathlib import Path

import jwt
import pytest
from typer.testing import CliRunner

from cli.main import app
from deploy.local.processes import free_ports

dealwire = CliRunner()


@pytest.fixture(autouse=True)
def _no_stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("deploy.local.state.STACKS", tmp_path)
    monkeypatch.setenv("DEALWIRE_PORT", str(free_ports(1)[0] // 100 * 100))
    monkeypatch.setenv("DEALWIRE_SERVERS", "embedded")
    monkeypatch.delenv("DEALWIRE_KAFKA", raising=False)


def test_help_tells_the_exit_codes_and_every_command() -> None:
    said = dealwire.invoke(app, ["--help"]).stdout
    assert "Exit codes" in said
    assert all(command in said for command in ("up", "down", "status", "logs", "run", "topics", "token", "clean"))


def test_a_token_is_for_the_roles_that_were_asked_for() -> None:
    said = dealwire.invoke(app, ["token", "--role", "rep", "--role", "manager", "--subject", "ana", "--team", "north"])
    claims = jwt.decode(said.stdout.strip(), options={"verify_signature": False})
    assert said.exit_code == 0
    assert (claims["sub"], claims["roles"], claims["teams"]) == ("ana", ["rep", "manager"], ["north"])


def test_a_role_that_does_not_exist_is_wrong_usage() -> None:
    said = dealwire.invoke(app, ["token", "--role", "king"])
    assert said.exit_code == 2
    assert "king" in said.stderr


def test_a_service_that_does_not_exist_is_wrong_usage() -> None:
    assert dealwire.invoke(app, ["run", "billing"]).exit_code == 2


def test_a_role_that_a_service_does_not_have_is_wrong_usage() -> None:
    said = dealwire.invoke(app, ["run", "accounts", "--role", "ingest"])
    assert said.exit_code == 2
    assert "ingest" in said.stderr


def test_without_a_stack_status_says_that_the_servers_are_away() -> None:
    assert dealwire.invoke(app, ["status"]).exit_code == 3


def test_without_a_stack_topics_says_how_to_start_one() -> None:
    said = dealwire.invoke(app, ["topics"])
    assert said.exit_code == 3
    assert "make up" in said.stderr


def test_logs_of_a_service_that_never_ran_are_wrong_usage() -> None:
    assert dealwire.invoke(app, ["logs", "leads"]).exit_code == 2


def test_stopping_what_does_not_run_is_harmless() -> None:
    assert dealwire.invoke(app, ["down"]).exit_code == 0
    assert dealwire.invoke(app, ["clean"]).exit_code == 0

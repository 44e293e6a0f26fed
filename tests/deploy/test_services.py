"""Each process of a stack knows its own secrets and nobody else's."""

import pytest

from deploy import SERVICES
from deploy.local.servers import EmbeddedServers
from deploy.local.services import Services
from deploy.local.state import State
from shared.settings import Settings


@pytest.fixture
def services(state: State, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setenv("DEALWIRE_LOG_LEVEL", "debug")
    monkeypatch.setenv("DEALWIRE_ACCOUNTS_MONGO", "mongodb://somebody:secret@elsewhere")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the caller")
    return Services(state, EmbeddedServers(state))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_told_its_own_password_and_no_other(services: Services, service: str) -> None:
    told = " ".join(services.environment_of(service).values())
    passwords = services.state.passwords()
    assert passwords[service] in told
    assert not any(password in told for name, password in passwords.items() if name != service)
    assert "of the caller" not in told
    assert "elsewhere" not in told


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_is_told_is_enough_to_start(services: Services, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in services.environment_of(service).items():
        monkeypatch.setenv(name, value)
    settings = Settings.of(service)
    assert settings.port == services.state.ports.of(service)
    assert settings.mongo.get_secret_value().endswith(f"authSource={service}")
    assert settings.log_level == "debug"


def test_what_leads_seals_with_is_told_to_leads_alone_and_stays_the_same(services: Services) -> None:
    told = {service: services.environment_of(service).get("DEALWIRE_LEADS_SECRET_KEY") for service in SERVICES}
    assert [service for service, key in told.items() if key] == ["leads"]
    assert services.environment_of("leads")["DEALWIRE_LEADS_SECRET_KEY"] == told["leads"]


def test_leads_know_where_strangers_reach_them(services: Services) -> None:
    told, ports = services.environment_of("leads"), services.state.ports
    assert told["DEALWIRE_LEADS_PUBLIC_URL"] == ports.url_of("leads")
    assert told["DEALWIRE_LEADS_MAIL_PORT"] == str(ports.first + 11)


@pytest.mark.parametrize("secret", ["DEALWIRE_CONSOLE_USERS", "DEALWIRE_SIGNING_KEY"])
def test_only_the_console_signs_people_in(services: Services, secret: str) -> None:
    assert [service for service in SERVICES if secret in services.environment_of(service)] == ["console"]

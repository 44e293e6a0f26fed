"""What the environment says, for all services or for one, and what is said when it says too little."""

import pytest

from shared.settings import Misconfigured, Settings

ENOUGH = {"DEALWIRE_KAFKA": "localhost:9092", "DEALWIRE_MONGO": "mongodb://dealwire:hunter2@localhost", "DEALWIRE_JWKS": "/keys.json"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("os.environ", dict(ENOUGH))
    return monkeypatch


def test_little_is_enough() -> None:
    settings = Settings.of("leads")

    assert (settings.service, settings.host, settings.port) == ("leads", "127.0.0.1", 8101)
    assert (settings.batch_size, settings.outbox_shares) == (500, 4)
    assert settings.services["accounts"] == "http://127.0.0.1:8103"
    assert settings.smtp_host is None


def test_what_is_said_for_one_service_goes_before_what_is_said_for_all(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEALWIRE_LEADS_MONGO", "mongodb://leads:own@localhost")
    environment.setenv("DEALWIRE_BATCH_SIZE", "100")

    assert Settings.of("leads").mongo.get_secret_value() == "mongodb://leads:own@localhost"
    assert Settings.of("accounts").mongo.get_secret_value() == ENOUGH["DEALWIRE_MONGO"]
    assert Settings.of("leads").batch_size == Settings.of("accounts").batch_size == 100


def test_one_port_moves_the_whole_stack(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEALWIRE_PORT", "9100")

    assert [Settings.of(name).port for name in ("console", "leads", "opportunities", "accounts", "notifications")] == [
        9100,
        9101,
        9102,
        9103,
        9104,
    ]
    assert Settings.of("console").services["leads"] == "http://127.0.0.1:9101"


def test_a_service_may_have_a_port_and_an_address_of_its_own(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEALWIRE_LEADS_PORT", "80")
    environment.setenv("DEALWIRE_SERVICES", '{"leads": "http://leads"}')

    assert (Settings.of("leads").port, Settings.of("accounts").port) == (80, 8103)
    assert Settings.of("console").services["leads"] == "http://leads"
    assert Settings.of("console").services["accounts"] == "http://127.0.0.1:8103"


def test_a_mail_server_is_named_with_or_without_its_port(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEALWIRE_SMTP", "mail.example.com")
    assert (Settings.of("notifications").smtp_host, Settings.of("notifications").smtp_port) == ("mail.example.com", 25)

    environment.setenv("DEALWIRE_SMTP", "127.0.0.1:1025")
    assert (Settings.of("notifications").smtp_host, Settings.of("notifications").smtp_port) == ("127.0.0.1", 1025)


def test_what_is_missing_is_asked_for_in_a_sentence(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("DEALWIRE_MONGO")
    environment.setenv("DEALWIRE_JWKS", "")

    with pytest.raises(Misconfigured, match=r"DEALWIRE_MONGO is not set: where MongoDB is.*DEALWIRE_JWKS is not set: the path or the URL"):
        Settings.of("leads")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("BATCH_SIZE", "0"),
        ("LOG_LEVEL", "loud"),
        ("SMTP", "user:hunter2@mail"),
        ("LEADS_PORT", "hunter2"),
        ("SERVICES", "hunter2"),
    ],
)
def test_nonsense_is_named_but_not_repeated(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(f"DEALWIRE_{name}", value)

    with pytest.raises(Misconfigured, match="(?i)" + name.removeprefix("LEADS_")) as refused:
        Settings.of("leads")
    assert "hunter2" not in str(refused.value)


def test_secrets_are_not_shown(environment: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA_PASSWORD", "SMTP_PASSWORD", "METRICS_TOKEN"):
        environment.setenv(f"DEALWIRE_{name}", "hunter2")
    settings = Settings.of("leads")

    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_networks_are_written_with_commas_between_them(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEALWIRE_OUTBOUND_NETWORKS", "127.0.0.0/8, fd00::/8")
    assert [str(network) for network in Settings.of("leads").outbound_networks] == ["127.0.0.0/8", "fd00::/8"]

"""How a process is told to sign in to Kafka."""

import pytest

from shared.kafka import connection
from shared.settings import Misconfigured, Settings

SASL = {"kafka": "broker:9092", "kafka_security_protocol": "SASL_PLAINTEXT", "mongo": "", "jwks": "", "issuer": ""}


@pytest.mark.parametrize("given", [{}, {"kafka_username": "ana"}, {"kafka_password": "secret"}])
def test_signing_in_without_user_or_password_says_which_settings_are_missing(given: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match="SASL_PLAINTEXT, so DEALWIRE_KAFKA_USERNAME and DEALWIRE_KAFKA_PASSWORD"):
        connection(Settings(service="cli", **SASL, **given))


def test_signing_in_takes_the_user_the_password_and_the_mechanism() -> None:
    options = connection(Settings(service="cli", **SASL, kafka_username="ana", kafka_password="secret"))
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("ana", "secret")
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"

"""What a process must be told: read from the environment, checked once, and never printed where it is secret."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, SettingsConfigDict, SettingsError

from shared.sealing import fernet_keys

PREFIX = "DEALWIRE_"
PORT_OFFSETS = {"console": 0, "leads": 1, "opportunities": 2, "accounts": 3, "notifications": 4}
DEFAULT_SMTP_PORT = 25
_MEANINGS = {
    "kafka": "where Kafka is, as in localhost:9092",
    "mongo": "where MongoDB is, and as whom, as in mongodb://user:password@localhost:27017/?authSource=admin",
    "jwks": "the path or the URL of the keys that tokens are signed with",
}


class Misconfigured(Exception):
    """A setting is missing or makes no sense; the message says which, and never its value."""


def _usable(keys: SecretStr) -> SecretStr:
    """Says nothing of the keys themselves."""
    try:
        fernet_keys(keys.get_secret_value())
    except ValueError:
        raise ValueError("it takes Fernet keys (32 bytes in URL-safe base64), with commas between several") from None
    return keys


def _separated(text: Any) -> Any:
    return [part.strip() for part in text.split(",") if part.strip()] if isinstance(text, str) else text


class Settings(BaseSettings):
    """`DEALWIRE_<FIELD>` sets a field for all services, `DEALWIRE_<SERVICE>_<FIELD>` for one.

    `DEALWIRE_PORT` is where the ports of the whole stack begin; `DEALWIRE_<SERVICE>_PORT` is that service's own.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    service: str
    host: str = "127.0.0.1"
    port: int = Field(8100, ge=0, le=65_535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    otlp_endpoint: str | None = None

    mongo: SecretStr
    outbox_shares: int = Field(4, ge=1, le=64)
    outbox_max_age_seconds: float = Field(60, gt=0)
    # By collection, for how many days its rows are kept instead of the usual.
    retention_days: dict[str, Annotated[int, Field(ge=1, le=36_500)]] = {}

    kafka: str
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_max_poll_seconds: float = Field(300, gt=0)
    batch_size: int = Field(500, ge=1, le=1000)

    jwks: str
    issuer: str = "dealwire-local"
    audience: str = "dealwire"
    # With this bearer token Prometheus may read /metrics, and nothing else.
    metrics_token: SecretStr | None = None
    # What secrets that have to be read again are sealed with; the first key seals, every one opens.
    secret_key: Annotated[SecretStr, AfterValidator(_usable)] | None = None

    # Networks, as in 127.0.0.0/8, that calls to addresses which people have entered may go to although they are refused otherwise.
    outbound_networks: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_separated)] = ()

    smtp: Annotated[str, StringConstraints(pattern=r"^[^\s:/@]+(:\d{1,5})?$")] | None = None
    smtp_from: str = "Dealwire <dealwire@localhost>"
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None

    console_users: Path | None = None
    signing_key: Path | None = None
    mailbox: Path | None = None
    services: dict[str, str] = {}

    @classmethod
    def of(cls, service: str) -> Self:
        """The settings of one service. Raises Misconfigured, with a sentence."""
        try:
            own = EnvSettingsSource(cls, env_prefix=f"{PREFIX}{service.upper()}_", env_ignore_empty=True)()
            return cls._on_a_stack(own | {"service": service})
        except ValidationError as error:
            raise Misconfigured(_sentences(error)) from None
        except SettingsError as error:
            raise Misconfigured(f"{error}.") from None

    @classmethod
    def _on_a_stack(cls, own: dict[str, Any]) -> Self:
        """Its own port, or its place behind the stack's first; and where the other services of the stack are."""
        stack = cls(**{name: value for name, value in own.items() if name != "port"})
        port = cls(**own).port if "port" in own else stack.port + PORT_OFFSETS.get(stack.service, 0)
        addresses = {name: f"http://127.0.0.1:{stack.port + offset}" for name, offset in PORT_OFFSETS.items()}
        return stack.model_copy(update={"port": port, "services": addresses | stack.services})

    @property
    def smtp_host(self) -> str | None:
        return self.smtp.partition(":")[0] if self.smtp else None

    @property
    def smtp_port(self) -> int:
        return int((self.smtp or "").partition(":")[2] or DEFAULT_SMTP_PORT)


def _sentences(error: ValidationError) -> str:
    return " ".join(_sentence(str(row["loc"][0]), row["type"], row["msg"]) for row in error.errors(include_input=False, include_url=False))


def _sentence(field: str, kind: str, problem: str) -> str:
    name = f"{PREFIX}{field.upper()}"
    if kind == "missing":
        return f"{name} is not set: {_MEANINGS.get(field, 'it is needed')}."
    return f"{name} makes no sense: {problem[0].lower()}{problem[1:]}."

"""What this service must be told beside what every service is: how strangers reach it."""

import hmac
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import Unreachable
from shared.sealing import fernet_keys
from shared.settings import Misconfigured

PREFIX = "DEALWIRE_LEADS_"
Networks = tuple[IPv4Network | IPv6Network, ...]


def _networks(text: str) -> str:
    for word in text.split(","):
        ip_network(word.strip())
    return text


class LeadSettings(BaseSettings):
    """`DEALWIRE_LEADS_<FIELD>`. Without `secret_key` there are no forms, without `public_url` too no double opt-in, without `mail_port`
    no mail door. Of several keys with commas between them the first signs, and what any of them signed is believed.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    secret_key: SecretStr | None = Field(None, validation_alias=AliasChoices(f"{PREFIX}SECRET_KEY", "DEALWIRE_SECRET_KEY"))
    public_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/[^\s]*)?$")] | None = None

    mail_host: str = "127.0.0.1"
    mail_port: int | None = Field(None, ge=0, le=65_535)
    mail_domains: str = "localhost"
    mail_networks: Annotated[str, AfterValidator(_networks)] = "127.0.0.0/8,::1/128"
    mail_max_bytes: int = Field(10_000_000, ge=10_000, le=100_000_000)

    @property
    def keys(self) -> list[str]:
        """Those that links and forms are signed with, made of the secret keys, which seal and do not sign.

        Raises Unreachable when there is none: whatever needs one waits until there is.
        """
        if self.secret_key is None:
            raise Unreachable("DEALWIRE_SECRET_KEY is not set, and forms and links are signed with it")
        return [hmac.digest(key.encode(), b"links", "sha256").hex() for key in fernet_keys(self.secret_key.get_secret_value())]

    @property
    def domains(self) -> frozenset[str]:
        return frozenset(word.strip().lower() for word in self.mail_domains.split(","))

    @property
    def networks(self) -> Networks:
        return tuple(ip_network(word.strip()) for word in self.mail_networks.split(","))

    def link_to(self, path: str) -> str:
        """The address of one of our doors as strangers reach it."""
        if self.public_url is None:
            raise Unreachable(f"{PREFIX}PUBLIC_URL is not set: it is where people reach this service, as in https://sales.acme.example")
        return self.public_url.rstrip("/") + path


@cache
def lead_settings() -> LeadSettings:
    """Raises Misconfigured, naming the setting."""
    try:
        return LeadSettings()
    except ValidationError as error:
        names = ", ".join(f"{PREFIX}{str(row['loc'][0]).upper()} {row['msg']}" for row in error.errors(include_input=False))
        raise Misconfigured(f"A setting makes no sense: {names}") from None

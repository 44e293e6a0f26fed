"""How any JSON becomes submissions, and how its sender proves who they are."""

import re
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from shared.database import Record
from shared.events.values import Text

Expression = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Platform = Literal["calendly", "google", "hubspot", "linkedin", "meta", "typeform"]
Scheme = Literal["hmac", "standard_webhooks", "calendly", "google", "hubspot", "linkedin", "meta", "typeform"]


class SetAside(BaseModel):
    """What comes and is no lead, or not all of it: kept as refused for `reason` when the expression `when` holds."""

    model_config = ConfigDict(extra="forbid")

    when: Expression
    rule: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
    reason: Text


class Mapping(BaseModel):
    """JMESPath throughout. `items` finds the leads in a payload (without it, the payload is one); `shape` puts each in a form that is
    easier to speak about; `fields` says of each field of a submission where it is; `attributes` finds an object of all the rest."""

    model_config = ConfigDict(extra="forbid")

    items: Expression | None = None
    shape: Expression | None = None
    fields: Annotated[dict[Text, Expression], Field(min_length=1, max_length=200)]
    attributes: Expression | None = None
    set_aside: Annotated[list[SetAside], Field(max_length=20)] = []


_BASE64 = re.compile(r"[A-Za-z0-9+/]{2,}")


class Proof(BaseModel):
    """How payloads are signed. `hmac` names its own header; every other scheme has its own headers.

    `verify_token` answers Meta's challenge. `url` is the address that the platform was given, if it signs that and a proxy changes it.
    """

    model_config = ConfigDict(extra="forbid")

    scheme: Scheme
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$")] | None = None
    prefix: Annotated[str, StringConstraints(max_length=50)] = ""
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2_000)] | None = None

    @model_validator(mode="after")
    def _header_of_its_own(self) -> Self:
        if (self.scheme == "hmac") != (self.header is not None):
            raise ValueError("header is for the scheme hmac, which needs one")
        return self


class NewProof(Proof):
    """With its secrets, which are sealed before they are stored and never shown again."""

    secret: Annotated[SecretStr, Field(min_length=8, max_length=1_000)]
    verify_token: Annotated[SecretStr, Field(min_length=8, max_length=1_000)] | None = None

    @model_validator(mode="after")
    def _key_of_the_standard(self) -> Self:
        """What is no base64 would be read as another key, or as none."""
        key = self.secret.get_secret_value().removeprefix("whsec_").rstrip("=")
        if self.scheme == "standard_webhooks" and not (_BASE64.fullmatch(key) and len(key) % 4 != 1):
            raise ValueError("secret must be base64 here, whsec_ in front of it or not")
        return self


class SealedProof(Proof):
    secret: bytes
    verify_token: bytes | None = None
    set_at: datetime


class Webhook(Record):
    """The webhook door of one source, whose slug is its `id`."""

    noun: ClassVar[str] = "webhook"

    mapping: Mapping | None = None
    proof: SealedProof | None = None

"""Where leads come from, and on what terms they are taken."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.leads.models.forms import FormSettings, OptInSettings
from shared.database import Record
from shared.events.values import Currency, Id, Money, Text

UNKNOWN_SOURCE = "unknown"
SourceKind = Literal[
    "web",
    "mail",
    "chat",
    "call",
    "event",
    "partner",
    "supplier",
    "retailer",
    "distributor",
    "customer_service",
    "field_sales",
    "direct_mail",
    "telemarketing",
    "ad_platform",
    "import",
    "other",
]
Fields = Annotated[list[Text], Field(max_length=200), AfterValidator(lambda fields: sorted(set(fields)))]
Defaults = Annotated[dict[Text, Text], Field(max_length=50)]


class Limits(BaseModel):
    """How many submissions the HTTP doors take. What comes over Kafka or in a file is taken anyway, and counted."""

    model_config = ConfigDict(extra="forbid")

    per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    per_day: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None


class Cost(BaseModel):
    """What the source costs in a month."""

    model_config = ConfigDict(extra="forbid")

    amount: Money
    currency: Currency


class Source(Record):
    """`id` is its slug. Without `allowed_fields` it may say everything; `default_fields` fill what it leaves empty.

    `consent_basis` is recorded with leads that name none. While it is off, `off_reason` says why.
    """

    noun: ClassVar[str] = "source"

    name: Text
    kind: SourceKind = "other"
    active: bool = True
    off_reason: Text | None = None
    owner_id: Id | None = None
    allowed_fields: Fields = []
    default_fields: Defaults = {}
    limits: Limits = Limits()
    consent_basis: Text | None = None
    monthly_cost: Cost | None = None
    form: FormSettings | None = None
    opt_in: OptInSettings | None = None

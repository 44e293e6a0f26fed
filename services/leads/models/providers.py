"""Who else knows something about leads: providers that are asked, what they answered, and what it cost."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from typing_extensions import TypedDict

from shared.database import Record
from shared.events.values import ONE_LINE, Currency, LongText, Money, Text

Kind = Literal["http", "file"]
FieldPolicy = Literal["fill", "overwrite", "surer"]
EnrichmentStatus = Literal["due", "answered", "unknown", "failed", "skipped"]
CircuitState = Literal["closed", "open", "half_open"]
Confidence = Annotated[float, Field(gt=0, le=1)]
Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$")]
HeaderText = Annotated[str, StringConstraints(max_length=2_000, pattern=ONE_LINE)]
SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
DAY = 24 * 3600


class FieldRule(BaseModel):
    """One field that an answer fills: `path` is JMESPath into it, or the column of a file.

    `fill` takes it where nothing is known, `overwrite` always, `surer` where it is surer than what is there. `enrichment.…` is the
    provider's own, and always the latest; criteria compare numbers in it.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    field: Text
    path: Annotated[Text, StringConstraints(min_length=1)]
    policy: FieldPolicy = "fill"
    confidence: Confidence = 0.8


class HttpRequest(BaseModel):
    """Fields of the lead and secrets stand in braces: `https://api.example/{company.domain}`, `Bearer {secret.key}`."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["GET", "POST"] = "GET"
    url: Annotated[str, StringConstraints(max_length=2_000, pattern=ONE_LINE)]
    headers: Annotated[dict[Header, HeaderText], Field(max_length=30)] = {}
    body: LongText | None = None


class CompanyFile(BaseModel):
    """The file that is looked into: `id` is in each of its rows, `columns` are the names of their cells."""

    id: str
    name: Text
    columns: list[str]
    rows: int
    loaded_at: datetime


class ProviderTerms(BaseModel):
    """What an administrator says of a provider.

    It is asked about leads for which `condition` (CEL) holds, in the order of `rank`. Qualification waits for it at most
    `wait_seconds`. After `trip_after` failures in a row it is left alone for `trip_seconds`. Each answered call costs `price`;
    once a month has cost `monthly_budget` it rests until the next. Answers are kept for `cache_seconds`, unless they are about people,
    which is when a field of the person stands in the question.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[Text, StringConstraints(min_length=1)]
    kind: Kind = "http"
    active: bool = False
    rank: Annotated[int, Field(ge=0, le=1_000)] = 100
    condition: LongText = "true"
    request: HttpRequest | None = None
    known: Text | None = None
    confidence: Text | None = None
    fields: Annotated[list[FieldRule], Field(min_length=1, max_length=50)]
    wait_seconds: Annotated[float, Field(ge=0, le=60)] = 2.0
    timeout_seconds: Annotated[float, Field(ge=0.05, le=60)] = 5.0
    concurrency: Annotated[int, Field(ge=1, le=100)] = 8
    rate_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = None
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    trip_after: Annotated[int, Field(ge=1, le=100)] = 5
    trip_seconds: Annotated[float, Field(ge=0.05, le=3_600)] = 30.0
    cache_seconds: Annotated[int, Field(ge=0, le=366 * DAY)] = 30 * DAY
    unknown_cache_seconds: Annotated[int, Field(ge=0, le=366 * DAY)] = DAY
    name_similarity: Annotated[float, Field(ge=0.5, le=1)] = 0.9
    price: Money | None = None
    currency: Currency | None = None
    monthly_budget: Money | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind == "http") is (self.request is None):
            raise ValueError("a provider of kind http needs a request, and one of kind file has none")
        if (self.price is not None or self.monthly_budget is not None) and self.currency is None:
            raise ValueError("a price and a budget need a currency")
        if len({rule.field for rule in self.fields}) < len(self.fields):
            raise ValueError("each field may be filled once")
        return self


class Provider(ProviderTerms, Record):
    """`sealed` are its secrets by name, as they are stored."""

    model_config = ConfigDict(extra="ignore")
    noun: ClassVar[str] = "provider"

    sealed: dict[SecretName, bytes] = {}
    file: CompanyFile | None = None

    def secret_marks(self) -> dict[str, str]:
        """By name: each changes with its secret, and tells nothing of it."""
        return {name: sha256(value).hexdigest()[:8] for name, value in self.sealed.items()}


class EnrichmentRow(TypedDict, total=False):
    """One provider asked about one lead. It is due until what it led to has been committed.

    `key` stands for what was asked; `fields` are those that the answer changed; `problems` what could not be taken of it.
    """

    _id: str
    lead_id: str
    provider_id: str
    key: str
    status: EnrichmentStatus
    asked_at: datetime
    due_at: datetime
    attempts: int
    settled_at: datetime
    cached: bool
    late: bool
    seconds: float
    fields: list[str]
    problem: str
    problems: list[str]
    cost: Any
    currency: str


class Provenance(TypedDict):
    """Where the value of a field comes from, when it did not come from the person."""

    field: str
    provider: str
    at: datetime
    confidence: float


class CachedAnswer(TypedDict):
    """`_id` stands for who was asked what; `values` are by field."""

    _id: str
    provider_id: str
    known: bool
    values: dict[str, Any]
    confidence: float
    at: datetime
    expires_at: datetime


class ProviderState(TypedDict, total=False):
    """What its calls have shown of a provider: when `circuit` is open, it is left alone until `retry_at`."""

    _id: str
    circuit: CircuitState
    retry_at: datetime
    problem: str
    at: datetime


class Usage(TypedDict, total=False):
    """What one provider was asked in one month, as in 2026-11, and what that cost."""

    _id: str
    provider_id: str
    month: str
    calls: int
    answered: int
    unknown: int
    failed: int
    cost: Any
    currency: str

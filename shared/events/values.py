"""The parts that events are made of: a person, a company, money, a moment."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints


def _plain(amount: Decimal) -> str:
    return format(amount, "f")


Text = Annotated[str, StringConstraints(max_length=300)]
LongText = Annotated[str, StringConstraints(max_length=20_000)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6), PlainSerializer(_plain, return_type=str, when_used="json")]
Moment = AwareDatetime


def _few(values: dict[str, str]) -> dict[str, str]:
    if len(values) > 100:
        raise ValueError("at most 100 attributes")
    return values


Attributes = Annotated[dict[Annotated[str, StringConstraints(max_length=100)], Annotated[str, StringConstraints(max_length=2_000)]], AfterValidator(_few)]


class Value(BaseModel):
    """A part of an event: no identity of its own, unknown fields ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)


class Person(Value):
    first_name: Text | None = None
    last_name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    title: Text | None = None


class Company(Value):
    name: Text | None = None
    domain: Text | None = None
    country: Text | None = None
    industry: Text | None = None
    employees: Annotated[int, Field(ge=0)] | None = None
    annual_revenue: Money | None = None


class Interest(Value):
    product: Text | None = None
    need: LongText | None = None
    budget: Money | None = None
    currency: Currency | None = None
    timeline: Text | None = None
    notes: LongText | None = None


class Consent(Value):
    marketing: bool | None = None
    basis: Text | None = None
    given_at: Moment | None = None


class Attribution(Value):
    model_config = ConfigDict(extra="allow", frozen=True, str_strip_whitespace=True)
    __pydantic_extra__: dict[str, Annotated[str, StringConstraints(max_length=2_000)]]

    campaign: Text | None = None
    medium: Text | None = None
    referrer: Annotated[str, StringConstraints(max_length=2_000)] | None = None


class Line(Value):
    """One line of an order or a deal."""

    product: Text
    quantity: Annotated[Decimal, Field(gt=0), PlainSerializer(_plain, return_type=str, when_used="json")] = Decimal(1)
    unit_price: Money | None = None
    currency: Currency | None = None


class TeamMember(Value):
    """`split` is the share of the revenue in per cent; the splits of a team add up to 100."""

    rep_id: Id
    role: Text = "owner"
    split: Annotated[Decimal, Field(ge=0, le=100), PlainSerializer(_plain, return_type=str, when_used="json")] = Decimal(100)


class Expectation(Value):
    text: LongText
    measure: Text | None = None
    due: Moment | None = None


class Contact(Value):
    contact_id: Id | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    title: Text | None = None
    role: Text | None = None


class Match(Value):
    """Why two records were taken for one: the rule that matched, its score from 0 to 1, and the fields it looked at."""

    rule: Text
    score: Annotated[float, Field(ge=0, le=1)]
    fields: list[Text] = []


class Reason(Value):
    """What one criterion said about a lead."""

    criterion: Text
    passed: bool
    points: int = 0
    detail: Text = ""

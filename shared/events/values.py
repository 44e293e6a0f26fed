"""The parts that events are made of: a person, a company, money, a moment."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Self

import pycountry
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, model_validator
from pydantic_core import PydanticCustomError


def _plain(amount: Decimal) -> str:
    """No field can hold less than nothing, but for minus nothing."""
    return format(amount.copy_abs(), "f")


DIGITS = r"^\d+(\.\d+)?$"
AsDigits = PlainSerializer(_plain, return_type=Annotated[str, StringConstraints(pattern=DIGITS)], when_used="json")

# Names and words end up in mail subjects, headers, terminals and logs, where a control character is a command.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
SOME_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
SLUG = r"^[a-z0-9][a-z0-9_-]{0,63}$"
CURRENCY = r"^[A-Z]{3}$"
COUNTRY = r"^[A-Z]{2}$"
# The rule that each pattern stands for, and how to say it.
PATTERN_RULES = {
    ONE_LINE: ("control_characters", "must not contain control characters"),
    SOME_LINES: ("control_characters", "must not contain control characters other than tabs and line ends"),
    SLUG: ("slug", "must be a slug: lower-case letters, digits, - and _, at most 64"),
    CURRENCY: ("currency", "must be an ISO 4217 code such as EUR"),
    COUNTRY: ("country", "must be an ISO 3166-1 alpha-2 code such as DE"),
}
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _on_the_map(code: str) -> str:
    if pycountry.countries.get(alpha_2=code) is None:
        raise PydanticCustomError(*PATTERN_RULES[COUNTRY])
    return code


Text = Annotated[str, StringConstraints(max_length=300, pattern=ONE_LINE)]
LongText = Annotated[str, StringConstraints(max_length=20_000, pattern=SOME_LINES)]
Slug = Annotated[str, StringConstraints(pattern=SLUG)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE)]
Currency = Annotated[str, StringConstraints(pattern=CURRENCY)]
Country = Annotated[str, StringConstraints(pattern=COUNTRY), AfterValidator(_on_the_map)]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6), AsDigits]
Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=ONE_LINE)]


def _few(values: dict[str, str]) -> dict[str, str]:
    """Under a name of its own what MongoDB's drivers would read as a reference to something else, and not as what was said."""
    if len(values) > MAX_ATTRIBUTES:
        raise PydanticCustomError("too_many", "must have at most {most} entries", {"most": MAX_ATTRIBUTES})
    if REFERENCE in values:
        values["ref"] = values.pop(REFERENCE)
    return values


MAX_ATTRIBUTES = 100
REFERENCE = "$ref"
AttributeText = Annotated[str, StringConstraints(max_length=2_000, pattern=SOME_LINES)]
Attributes = Annotated[dict[Name, AttributeText], AfterValidator(_few)]


class Value(BaseModel):
    """A part of an event: no identity of its own, unknown fields ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


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
    region: Text | None = None
    postcode: Text | None = None
    industry: Text | None = None
    employees: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
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
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Name, AttributeText]

    campaign: Text | None = None
    medium: Text | None = None
    referrer: AttributeText | None = None

    @model_validator(mode="after")
    def _few_more(self) -> Self:
        _few(self.__pydantic_extra__)
        return self


class Line(Value):
    """One line of an order or a deal."""

    product: Text
    quantity: Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=6), AsDigits] = Decimal(1)
    unit_price: Money | None = None
    currency: Currency | None = None


class TeamMember(Value):
    """`split` is the share of the revenue in per cent; the splits of a team add up to 100."""

    rep_id: Id
    role: Text = "owner"
    split: Annotated[Decimal, Field(ge=0, le=100), AsDigits] = Decimal(100)


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

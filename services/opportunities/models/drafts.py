"""What people fill in; the doors take exactly this, and refuse a field that they don't know."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from services.opportunities.models.knowledge import ActivityKind
from services.opportunities.models.opportunity import Competitor, Outcome
from services.opportunities.models.pipeline import Percent, Requirement, Stage
from shared.events import Company, Contact, Expectation, Interest, Line, Person, TeamMember
from shared.events.values import ONE_LINE, SOME_LINES, Country, Currency, Id, LongText, Moment, Slug, Text


def _exact(amount: Any) -> Any:
    if isinstance(amount, float):
        raise ValueError("write an amount as a string: a number with a fraction has lost its exactness on the way")
    return amount


Amount = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, lt=10**12, max_digits=18, decimal_places=6)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=ONE_LINE)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True, pattern=ONE_LINE)]
Paragraph = Annotated[str, StringConstraints(min_length=1, max_length=20_000, strip_whitespace=True, pattern=SOME_LINES)]
Few: Any = Field(default=[], max_length=100)


Quantity = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0, max_digits=18, decimal_places=6)]


def _in_words(expectation: Expectation) -> Expectation:
    if not expectation.text:
        raise PydanticCustomError("string_too_short", "must have at least 1 characters", {"field": "text", "min_length": 1})
    return expectation


def _someone(contact: Contact) -> Contact:
    if not (contact.first_name or contact.last_name or contact.email or contact.phone):
        raise PydanticCustomError("someone", "must have a name, an e-mail or a phone")
    return contact


class Draft(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def filled(self) -> dict[str, Any]:
        """Only what was sent: in a change a field that is missing stays, and one that is null is emptied."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Details(Draft):
    """What may be known of an opportunity."""

    name: Name = ""
    amount: Amount | None = None
    currency: Currency | None = None
    close_date: date | None = None
    needs: Annotated[list[Paragraph], Few]
    expectations: Annotated[list[Annotated[Expectation, AfterValidator(_in_words)]], Few]
    competitors: Annotated[list[Competitor], Few]
    contacts: Annotated[list[Annotated[Contact, AfterValidator(_someone)]], Few]


class NewCompany(Company):
    country: Country | None = None


class NewOpportunity(Details):
    """One that no lead opened."""

    pipeline: Slug = "default"
    owner_id: Id | None = None
    person: Person = Person()
    company: NewCompany = NewCompany()
    interest: Interest = Interest()

    def details(self) -> dict[str, Any]:
        return {name: value for name, value in self.filled().items() if name in Details.model_fields}


class Move(Draft):
    stage: Slug


class Closing(Draft):
    """The last word on the amount may be given with it."""

    outcome: Outcome
    reason: Slug
    note: LongText | None = None
    amount: Amount | None = None
    currency: Currency | None = None

    def agreed(self) -> dict[str, Any]:
        return {name: value for name, value in self.filled().items() if name in ("amount", "currency")}


class Reopening(Draft):
    reason: Sentence


class Member(TeamMember):
    split: Percent = Decimal(100)


class Team(Draft):
    members: Annotated[list[Member], Field(min_length=1, max_length=50)]

    def as_told(self) -> list[TeamMember]:
        return [TeamMember(**dict(member)) for member in self.members]


class NewActivity(Draft):
    kind: ActivityKind
    subject: Sentence
    notes: LongText | None = None
    effort_minutes: Annotated[int, Field(strict=True, ge=0, le=60 * 24 * 7)] = 0
    occurred_at: Moment | None = None


class NewCommitment(Draft):
    promisor: Sentence
    counterparty: Sentence
    text: Paragraph
    due: Moment


class Keeping(Draft):
    evidence: LongText | None = None


class NewLine(Line):
    product: Annotated[Text, StringConstraints(min_length=1)]
    quantity: Quantity = Decimal(1)
    unit_price: Amount | None = None


class NewProposal(Draft):
    """`amount` may be left out where every line has a price."""

    amount: Amount | None = None
    currency: Currency
    lines: Annotated[list[NewLine], Few]


class Decision(Draft):
    reason: LongText | None = None


class Decided(NamedTuple):
    status: Literal["accepted", "declined"]
    reason: str | None


class PipelineDraft(Draft):
    name: Name
    stages: Annotated[list[Stage], Field(min_length=1, max_length=30)]
    required_to_win: list[Requirement] = []
    reasons: dict[Literal["won", "lost"], Annotated[list[Slug], Field(min_length=1, max_length=100)]]


class NewPipeline(PipelineDraft):
    slug: Slug

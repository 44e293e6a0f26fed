"""What is said about leads."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from shared.events.base import DAY_MS, Event
from shared.events.values import (
    Attributes,
    AttributeText,
    Attribution,
    Company,
    Consent,
    Id,
    Interest,
    LongText,
    Match,
    Moment,
    Person,
    Reason,
    Slug,
    Text,
    Value,
)

LeadStatus = Literal["captured", "qualified", "disqualified", "contacted"]
Claimants = Literal["anybody", "team"]


def _nobody(field: str, need: str) -> PydanticCustomError:
    """Nobody can be told apart by this; `field` is where to put it right."""
    return PydanticCustomError("identity_required", need, {"field": field})


def _stated(names: list[str]) -> dict[str, JsonValue]:
    """JSON Schema for: these are there, and not empty."""
    return {"required": [*names], "properties": {name: {"type": "string", "minLength": 1} for name in names}}


def _given(**parts: list[str]) -> dict[str, JsonValue]:
    return {"required": [*parts], "properties": {part: _stated(names) for part, names in parts.items()}}


class LeadSubmitted(Event):
    """Someone shows interest. Inbound: any outside system may publish it."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [_given(person=["email"]), _given(person=["phone"]), _given(person=["last_name"], company=["name"])]}
    )
    key_field: ClassVar[str] = "source"
    inbound: ClassVar[bool] = True
    partitions: ClassVar[int] = 8
    retention_ms: ClassVar[int] = 14 * DAY_MS

    source: Slug
    external_id: Id | None = None
    person: Person = Person()
    company: Company = Company()
    interest: Interest = Interest()
    consent: Consent = Consent()
    attribution: Attribution = Attribution()
    attributes: Attributes = Field(default_factory=dict)
    submitted_at: Moment | None = None
    import_id: Id | None = None
    import_line: int | None = None

    @model_validator(mode="after")
    def _someone(self) -> Self:
        person = self.person
        if not (person.email or person.phone or (person.last_name and self.company.name)):
            raise _nobody("person", "must have an e-mail, a phone, or a last name together with a company name")
        return self

    def key(self) -> str:
        """The normalised identity, so that two submissions of one person meet in one partition."""
        person = self.person
        if person.email:
            return person.email.casefold()
        if person.phone:
            return "".join(character for character in person.phone if character.isdigit())
        return f"{person.first_name or ''} {person.last_name or ''}|{self.company.name or ''}".strip().casefold()


EngagementKind = Literal["page_view", "email_open", "email_click", "email_reply", "form", "call", "meeting", "event"]


class EngagementRecorded(Event):
    """A person looked, opened, clicked, answered, called or came. Inbound."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_stated(["email"]), _stated(["lead_id"])]})
    key_field: ClassVar[str] = "lead_id"
    inbound: ClassVar[bool] = True
    retention_ms: ClassVar[int] = 14 * DAY_MS

    email: Text | None = None
    lead_id: Id | None = None
    kind: EngagementKind
    detail: LongText | None = None
    occurred_at: Moment

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if not (self.email or self.lead_id):
            raise _nobody("email", "must be given, or lead_id instead")
        return self

    def key(self) -> str:
        """The lead's id, or the e-mail, so that what one person does keeps its order."""
        return self.lead_id or (self.email or "").casefold()


class LeadCaptured(Event):
    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    source: Slug
    person: Person
    company: Company
    interest: Interest
    attribution: Attribution = Attribution()
    status: Text
    captured_at: Moment
    submission_id: Id


class LeadMerged(Event):
    """A submission, or a whole lead (`merged_lead_id`), turned out to be this lead. Carries the lead as it now is."""

    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    submission_id: Id | None = None
    merged_lead_id: Id | None = None
    match: Match
    person: Person = Person()
    company: Company = Company()
    interest: Interest = Interest()


class RestoredLead(Value):
    """A lead that is one of its own again, as it now is."""

    version: int
    status: Text
    person: Person = Person()
    company: Company = Company()
    interest: Interest = Interest()
    owner_id: Id | None = None
    team_id: Id | None = None


class LeadUnmerged(Event):
    """What had become part of a lead, another lead or some submissions, is no part of it any more. Carries all as they now are.

    `owner_id` and `team_id` are those of the lead; whose the other is stands in `restored`.
    """

    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    restored_lead_id: Id | None = None
    submission_ids: list[Id] = []
    import_id: Id | None = None
    person: Person = Person()
    company: Company = Company()
    interest: Interest = Interest()
    owner_id: Id | None = None
    team_id: Id | None = None
    restored: RestoredLead | None = None


class LeadDescribed(Event):
    """Something new is known of these leads: it is to be written down how they are compared with others. Ours alone."""

    key_field: ClassVar[str] = "lead_id"
    internal: ClassVar[bool] = True
    retention_ms: ClassVar[int] = 14 * DAY_MS

    lead_id: Id
    lead_ids: list[Id]
    described_at: Moment


class LeadPlaced(Event):
    """These leads can be found by whom they are like, and are to be compared. Ours alone."""

    key_field: ClassVar[str] = "lead_id"
    internal: ClassVar[bool] = True
    retention_ms: ClassVar[int] = 14 * DAY_MS

    lead_id: Id
    lead_ids: list[Id]
    placed_at: Moment


class LeadEnriched(Event):
    """`enrichment` is what all providers so far have told that no field of a lead is for, under their names for it, as criteria see it."""

    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    provider: Text
    person: Person = Person()
    company: Company = Company()
    enrichment: dict[str, bool | int | float | AttributeText] = {}
    enriched_at: Moment


class LeadQualified(Event):
    """`score` is made of `fit` and `engagement`, and so is `grade`: A to D for the fit, 1 to 4 for the engagement.

    Said again with `previous_grade` when time or interest alone moved the grade. `probability` is that of winning. `to_claim` tells who
    may take one that nobody is dealt: anybody, for no rule sends it anywhere, or somebody of the team.
    """

    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    source: Slug | None = None
    person: Person
    company: Company
    interest: Interest
    score: int
    fit: int | None = None
    engagement: int | None = None
    grade: Text
    previous_grade: Text | None = None
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    criteria_version: int
    reasons: list[Reason]
    owner_id: Id | None = None
    team_id: Id | None = None
    to_claim: Claimants | None = None
    qualified_at: Moment


class LeadDisqualified(LeadQualified):
    """The same of one that is not good enough, and the `reason`."""

    reason: Text

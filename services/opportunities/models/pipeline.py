"""The way a sale goes: stages, what each asks for, and the reasons for which it ends."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, StringConstraints

from shared.database import Record
from shared.errors import Invalid
from shared.events.values import Slug, Text, Value

Percent = Annotated[
    Decimal,
    Field(ge=0, le=100, max_digits=6, decimal_places=3),
    PlainSerializer(lambda share: format(share, "f"), return_type=str, when_used="json"),
]
OpenCategory = Literal["pipeline", "best_case", "commit", "omitted"]
Requirement = Literal[
    "amount",
    "currency",
    "close_date",
    "owner",
    "needs",
    "expectations",
    "contacts",
    "competitors",
    "proposal_sent",
    "lines",
]


class Stage(Value):
    """`required_fields` must be filled to enter it; after `rotting_days` without work an opportunity in it is stalled."""

    slug: Slug
    name: Annotated[Text, StringConstraints(min_length=1)]
    probability: Percent
    forecast_category: OpenCategory
    required_fields: list[Requirement] = []
    rotting_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class Pipeline(Record):
    """`id` is its slug. `required_to_win` must be filled before it closes as won; `reasons` are those known per outcome."""

    name: str
    stages: list[Stage]
    required_to_win: list[Requirement] = []
    reasons: dict[Literal["won", "lost"], list[str]]

    def stage(self, slug: str) -> Stage:
        found = next((stage for stage in self.stages if stage.slug == slug), None)
        if found is None:
            known = ", ".join(stage.slug for stage in self.stages)
            raise Invalid(f"pipeline {self.id} has no stage {slug!r}; it has {known}", field="stage", rule="known_stage")
        return found

    def up_to(self, slug: str) -> list[Stage]:
        """The stages before and with this one."""
        return self.stages[: self.stages.index(self.stage(slug)) + 1]


_BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)

DEFAULT_PIPELINE = Pipeline(
    id="default",
    created_at=_BEGINNING,
    updated_at=_BEGINNING,
    name="Sales",
    stages=[
        Stage(slug="new", name="New", probability=Decimal(10), forecast_category="pipeline", rotting_days=7),
        Stage(slug="discovery", name="Discovery", probability=Decimal(25), forecast_category="pipeline", rotting_days=14),
        Stage(
            slug="proposal",
            name="Proposal",
            probability=Decimal(50),
            forecast_category="best_case",
            required_fields=["amount", "currency"],
            rotting_days=14,
        ),
        Stage(
            slug="negotiation",
            name="Negotiation",
            probability=Decimal(75),
            forecast_category="commit",
            required_fields=["proposal_sent"],
            rotting_days=10,
        ),
    ],
    required_to_win=["amount", "currency"],
    reasons={
        "won": ["best_fit", "price", "relationship", "service", "existing_customer", "other"],
        "lost": ["price", "no_budget", "no_decision", "competitor", "missing_feature", "timing", "no_response", "duplicate", "other"],
    },
)

"""Whose ground a lead stands on: a tree of territories, each within the one above it."""

from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.database import Record
from shared.events.values import Country, Id, Slug, Text

Postcode = Annotated[str, StringConstraints(min_length=1, max_length=12, pattern=r"^[A-Za-z0-9 -]+$")]
MOST = 500


class PostcodeRange(BaseModel):
    """From `first` to `last`, both with all that begins with them: 80 to 81 holds 81999."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    first: Postcode
    last: Postcode

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if plain_postcode(self.last) < plain_postcode(self.first)[: len(plain_postcode(self.last))]:
            raise PydanticCustomError("range_in_order", "must not end before it begins")
        return self


class Ground(BaseModel):
    """All that is given must hold; of several values one. What asks for nothing holds everything."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    countries: Annotated[list[Country], Field(max_length=MOST)] = []
    regions: Annotated[list[Text], Field(max_length=MOST)] = []
    postcodes: Annotated[list[PostcodeRange], Field(max_length=MOST)] = []
    industries: Annotated[list[Text], Field(max_length=MOST)] = []
    least_employees: Annotated[int, Field(ge=0)] | None = None
    most_employees: Annotated[int, Field(ge=0)] | None = None


class Territory(Record):
    """Its leads go to `rep_ids` of its team, or to all of the team; without a team they fall back to the territory above.

    Of several that hold a lead the first by `position` takes it.
    """

    noun: ClassVar[str] = "territory"

    name: Text
    parent_id: Slug | None = None
    position: int = 0
    ground: Ground = Ground()
    team_id: Id | None = None
    rep_ids: list[Id] = []
    active: bool = True


def plain_postcode(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum())

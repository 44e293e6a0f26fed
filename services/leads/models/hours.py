"""When somebody works, and when they are away."""

from datetime import date
from functools import lru_cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from holidays import list_supported_countries
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from shared.events.values import Id, Text

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_LEAVES, MOST_CLOSED = 50, 400


def minutes_of(clock: str) -> int:
    """Of `09:30` since midnight; raises ValueError."""
    hours, minutes = (int(part) for part in clock.split(":"))
    if not (len(clock) == 5 and 0 <= minutes < 60 and 0 <= hours * 60 + minutes <= 24 * 60):
        raise ValueError(clock)
    return hours * 60 + minutes


def _clock(text: str) -> str:
    try:
        minutes_of(text)
    except ValueError:
        raise PydanticCustomError("clock", "must be a time of day such as 09:30, at most 24:00") from None
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, KeyError, OSError):
        raise PydanticCustomError("zone", "must be an IANA time zone such as Europe/Berlin") from None
    return text


def _region(text: str) -> str:
    country, _, part = text.partition("-")
    known = _countries().get(country)
    if known is None or (part and part not in known):
        raise PydanticCustomError("holidays", "must be a country such as DE, or a part of one such as DE-BY, whose holidays are known")
    return text


@lru_cache(1)
def _countries() -> dict[str, list[str]]:
    return list_supported_countries()


Clock = Annotated[str, AfterValidator(_clock)]
# MongoDB has no dates without a time.
PlainDate = Annotated[date, PlainSerializer(date.isoformat, return_type=str)]


class WorkingHours(BaseModel):
    """`week` has for each day the spans in which work is done, in local time; `holidays` is a country (DE) or a part of one (DE-BY)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    zone: Annotated[str, AfterValidator(_zone)]
    week: dict[Day, list[tuple[Clock, Clock]]]
    holidays: Annotated[str, AfterValidator(_region)] | None = None
    closed: Annotated[list[PlainDate], Field(max_length=MOST_CLOSED)] = []

    @model_validator(mode="after")
    def _some_in_order(self) -> Self:
        if not any(self.week.values()):
            raise PydanticCustomError("some_hours", "must have some hours on some day of the week")
        for spans in self.week.values():
            ends = [minutes_of(clock) for span in spans for clock in span]
            if any(later <= earlier for earlier, later in zip(ends[::2], ends[1::2], strict=True)) or ends != sorted(ends):
                raise PydanticCustomError("spans_in_order", "the spans of a day must each end after they begin, one after the other")
        return self


class Leave(BaseModel):
    """Whoever is on leave gets nothing; what would be theirs by name goes to `stand_in`, if that one is there."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    stand_in: Id | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise PydanticCustomError("leave_in_order", "must end after it starts")
        return self

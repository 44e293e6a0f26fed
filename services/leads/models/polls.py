"""Platforms that are asked for their leads, page by page, because they do not send them."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from typing_extensions import TypedDict

from services.leads.models.providers import DAY, Header, HeaderText, SecretName
from services.leads.models.webhooks import Expression
from shared.database import Record
from shared.events.values import ONE_LINE

FLOOR_SECONDS = 30
Parameter = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\[\]$-]{1,100}$")]
Written = Literal["rfc3339", "seconds", "milliseconds"]
PolledPlatform = Literal["hubspot", "linkedin", "meta", "typeform"]


class Onward(BaseModel):
    """`found` (JMESPath) is in a page what leads to the next: an address, or what `parameter` is to say. Nothing ends it.

    With a `step` pages are counted: as long as `found` holds, `parameter` goes up by it from `first`, which the first request leaves
    out. Where an offset is counted, a step that is shorter than a page makes up for leads that are deleted meanwhile.
    """

    model_config = ConfigDict(extra="forbid")

    found: Expression
    parameter: Parameter | None = None
    step: Annotated[int, Field(ge=1, le=1_000)] | None = None
    first: Annotated[int, Field(ge=0, le=1_000)] = 0

    @model_validator(mode="after")
    def _counts_something(self) -> Self:
        if self.step and not self.parameter:
            raise ValueError("what is counted needs a parameter to say it")
        return self


class Since(BaseModel):
    """Only what is new is asked for: `parameter` says the newest of the times that `mark` (JMESPath) found in pages before.

    It goes back by `overlap_seconds`, for leads that show late; what had come already is known. `value` is what is written around
    the time; `start` is where the first poll begins, else with the oldest.
    """

    model_config = ConfigDict(extra="forbid")

    parameter: Parameter
    mark: Expression
    value: Annotated[str, StringConstraints(max_length=500, pattern=ONE_LINE)] = "{since}"
    written: Written = "rfc3339"
    overlap_seconds: Annotated[int, Field(ge=10, le=30 * DAY)] = 600
    start: AwareDatetime | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if "{since}" not in self.value:
            raise ValueError("value must have {since} in it")
        return self


class PollTerms(BaseModel):
    """What an administrator says of a poll. `url` and `headers` may have secrets in them: `Bearer {secret.token}`.

    A `body`, a JSON object as text, is sent by POST, and the parameters are its fields: a dot leads into one of them, a number after it
    into a list, and what `since` says is read as JSON where it is some. It holds no secrets.

    `leads` (JMESPath) finds them in a page; the mapping of the source reads each as if it had come to its webhook. After
    `pages_per_turn` pages the rest waits for the next turn. After `trip_after` failures in a row it rests for `trip_seconds` at least.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    active: bool = True
    url: Annotated[str, StringConstraints(max_length=2_000, pattern=ONE_LINE)]
    headers: Annotated[dict[Header, HeaderText], Field(max_length=30)] = {}
    body: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    leads: Expression = "@"
    onward: Onward | None = None
    since: Since | None = None
    every_seconds: Annotated[int, Field(ge=FLOOR_SECONDS, le=7 * DAY)] = 300
    timeout_seconds: Annotated[float, Field(ge=0.05, le=60)] = 20.0
    pages_per_turn: Annotated[int, Field(ge=1, le=1_000)] = 20
    trip_after: Annotated[int, Field(ge=1, le=100)] = 5
    trip_seconds: Annotated[float, Field(ge=0.05, le=DAY)] = 900.0


class Poll(PollTerms, Record):
    """The poll of one source, whose slug is its `id`. `sealed` are its secrets by name, as they are stored."""

    model_config = ConfigDict(extra="ignore")
    noun: ClassVar[str] = "poll"

    sealed: dict[SecretName, bytes] = {}

    def secret_marks(self) -> dict[str, str]:
        """By name: each changes with its secret, and tells nothing of it."""
        return {name: sha256(value).hexdigest()[:8] for name, value in self.sealed.items()}

    def asks_the_same_as(self, other: "Poll") -> bool:
        asked = {"url", "headers", "body", "leads", "onward", "since"}
        return self.model_dump(include=asked) == other.model_dump(include=asked)


class PollState(TypedDict, total=False):
    """How far a poll has come. `step` rises with whatever changes it, so that of two hands on one the later does nothing.

    A sweep goes from page to page: it began at `began_at`, goes on at `onward`, has read `pages` in this turn, and `newest` is the
    newest mark that it has seen. Only when it has come to its end this is the `mark` from which the next one asks.
    """

    _id: str
    step: int
    due_at: datetime | None
    onward: str | None
    began_at: datetime | None
    newest: datetime | None
    pages: int
    mark: datetime | None
    polled_at: datetime | None
    swept_at: datetime | None
    problem: str | None
    failures: int
    taken: int
    known: int
    refused: int

"""The poll of a source: set up, tried on the platform itself, looked at, removed."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from services.leads import service, store
from services.leads.api.bodies import Body, Secrets
from services.leads.api.mappings import Tried
from services.leads.api.records import RecordView
from services.leads.api.roles import ADMINS, MANAGERS
from services.leads.models import Onward, Poll, PolledPlatform, PollState, PollTerms, Since
from services.leads.models.polls import FLOOR_SECONDS
from services.leads.models.providers import SecretName
from services.leads.rules.sources.platform_polls import poll_of
from services.leads.rules.sources.polling import circuit_of
from shared.database import utcnow
from shared.errors import Invalid
from shared.events.values import Text
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Page
from shared.transaction import Transaction
from shared.violations import violations_of
from shared.web import Door

router = APIRouter(prefix="/sources/{source_id}/poll", tags=["polls"])
_TOKEN: dict[str, JsonValue] = {"token": "as the platform gave it"}
_READY: dict[str, JsonValue] = {"platform": "meta", "values": {"form_id": "5544332211"}, "secrets": _TOKEN}
_OWN: dict[str, JsonValue] = {
    "url": "https://api.forms.example/leads?limit=100",
    "headers": {"Authorization": "Bearer {secret.token}"},
    "leads": "results",
    "onward": {"found": "next_page"},
    "since": {"parameter": "updated_after", "mark": "results[].updated_at"},
    "every_seconds": 120,
    "secrets": _TOKEN,
}
_POSTED: dict[str, JsonValue] = {
    "url": "https://api.crm.example/contacts/search",
    "headers": {"Authorization": "Bearer {secret.token}"},
    "body": '{"order": "created", "limit": 100}',
    "leads": "contacts",
    "onward": {"found": "more", "parameter": "page", "step": 1, "first": 1},
    "since": {"parameter": "filter.created_after", "mark": "contacts[].created"},
    "secrets": _TOKEN,
}


class NewPoll(Body):
    """The whole of a poll. With a `platform` its ready-made one, filled in with `values`; what is given besides takes its place.

    Secrets that are given are added, or take the place of those of the same name; null removes one.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_READY, _OWN, _POSTED]})

    platform: PolledPlatform | None = None
    values: Annotated[dict[SecretName, Text], Field(max_length=20)] = {}
    secrets: Secrets = {}
    active: bool = True
    url: str = ""
    headers: dict[str, str] = {}
    body: str | None = None
    leads: str = "@"
    onward: Onward | None = None
    since: Since | None = None
    every_seconds: Annotated[int, Field(description=f"At least {FLOOR_SECONDS}")] = 300
    timeout_seconds: float = 20.0
    pages_per_turn: int = 20
    trip_after: int = 5
    trip_seconds: float = 900.0

    def terms(self) -> PollTerms:
        """Raises Invalid for what makes no sense."""
        ready = poll_of(self.platform, self.values).model_dump() if self.platform else {}
        said = self.model_dump(exclude={"platform", "values", "secrets"}, exclude_unset=True)
        try:
            return PollTerms.model_validate(ready | said)
        except ValidationError as error:
            raise Invalid("Nothing could be asked like this", violations=violations_of(error)) from error


class PollView(PollTerms, RecordView):
    """`secrets` are only called by their names. Of the leads that came, `taken` were new, `known` had come before.

    `mark` is since when it asks; `sweeping` that there are pages which wait for the next turn. `problem` is what is wrong just now: then
    `failures` counts the tries, and after too many the `circuit` is open.
    """

    model_config = ConfigDict(extra="ignore", from_attributes=True)

    secrets: list[str] = []
    polled_at: datetime | None = None
    swept_at: datetime | None = None
    next_at: datetime | None = None
    problem: str | None = None
    failures: int = 0
    circuit: str = "closed"
    mark: datetime | None = None
    sweeping: bool = False
    taken: int = 0
    known: int = 0
    refused: int = 0

    @classmethod
    def told(cls, poll: Poll, state: PollState) -> Self:
        known: dict[str, Any] = {**state, "secrets": sorted(poll.sealed), "next_at": state.get("due_at")}
        known |= {"sweeping": bool(state.get("onward")), "circuit": circuit_of(poll, state.get("failures", 0)).state(0.0)}
        return cls.model_validate({**known, **poll.model_dump()})

    @classmethod
    def of(cls, record: Any) -> Self:
        return cls.told(record, {})


class PollTrialView(BaseModel):
    """What the first page holds just now: how many leads, and what would become of the first of them; `problem` is why it can't be told."""

    problem: str | None
    leads: int
    goes_on: bool
    newest: datetime | None
    items: list[Tried]

    @classmethod
    def of(cls, trial: service.PollTrial) -> Self:
        items = [Tried.of(item) for item in trial.items]
        return cls(problem=trial.problem, leads=trial.leads, goes_on=trial.goes_on, newest=trial.newest, items=items)


@router.get("", response_model=PollView)
async def show_poll(door: Door, source_id: str) -> PollView:
    """How it is set up, when it asked last and asks next, and what came of it."""
    door.allow(*MANAGERS)
    return PollView.told(*await service.get_poll(door.db, source_id))


@router.put("", response_model=PollView)
async def set_poll(door: Door, source_id: str, new: NewPoll) -> Response:
    """The platform is asked at once, and then as often as is said. The mapping of the source reads what it answers."""
    door.allow(*ADMINS)
    terms = new.terms()

    async def change(tx: Transaction) -> Poll:
        poll = _poll(door, source_id, terms, new, await store.find_record(tx, Poll, source_id))
        return await service.set_poll(tx, poll, networks=_networks(door), expected_version=door.expected_version)

    return await door.command(change, view=PollView.of)


@router.post("/try")
async def try_poll(door: Door, source_id: str, new: NewPoll | None = None) -> PollTrialView:
    """Asks the platform for its first page. Nothing is changed or kept. Without a body the saved poll is tried."""
    door.allow(*ADMINS)
    saved = await store.find_record(door.db, Poll, source_id)
    if new is None:
        poll, _ = await service.get_poll(door.db, source_id)
    else:
        poll = _poll(door, source_id, new.terms(), new, saved)
    return PollTrialView.of(await service.try_poll(door.db, poll, (_networks(door), door.context.sealer)))


@router.delete("", status_code=204)
async def remove_poll(door: Door, source_id: str) -> Response:
    """With its secrets and with how far it had come. What it took stays known: set up again, it takes nothing twice."""
    door.allow(*ADMINS)
    return await door.command(lambda tx: service.remove_poll(tx, source_id, door.expected_version), status=204)


@router.get("/history", openapi_extra=HISTORY.described)
async def list_poll_history(door: Door, request: Request, source_id: str) -> Page[ChangeView]:
    door.allow(*MANAGERS)
    return await history_page(door.db, Poll.noun, source_id, request.query_params)


def _poll(door: Door, source_id: str, terms: PollTerms, new: NewPoll, before: Poll | None) -> Poll:
    now = utcnow()
    sealed = service.with_secrets(before.sealed if before else {}, door.context.sealer, new.secrets)
    return Poll(**terms.model_dump(), id=source_id, sealed=sealed, created_at=now, updated_at=now)


def _networks(door: Door) -> Any:
    return door.context.settings.outbound_networks

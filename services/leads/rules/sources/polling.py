"""How a platform is asked for its leads: what is sent, what a page says, and where it goes on from there. Pure: times are arguments."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from pydantic_core import from_json, to_json

from services.leads.models import Onward, Poll, PollState, PollTerms, Since
from services.leads.rules.enrichment.circuit import Circuit
from services.leads.rules.enrichment.questions import expect_fixed_host, in_header, in_url, named_in
from services.leads.rules.sources.payloads import MOST_ITEMS, read_json
from services.leads.rules.sources.queries import Query, moment_of
from shared.errors import Invalid, TooLarge

FIRST_PAUSE, LONGEST_PAUSE, LONGEST_ASKED = 10.0, 3_600.0, 24 * 3_600.0
LONGEST_ONWARD = 4_000
# A shorter one is no secret, and would be found everywhere.
_LEAST_SECRET = 6
_PORTS = {"http": 80, "https": 443}
Secrets = Mapping[str, str]
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """`leads` as the platform gave them; `onward` leads to the next page, or, where pages are counted, says that there is one.

    `newest` is the newest mark in this one.
    """

    leads: list[Any]
    onward: str | None = None
    newest: datetime | None = None


def check_poll(terms: PollTerms, secrets: Collection[str]) -> None:
    """Raises Invalid for expressions that make no sense, and for what can't be filled into the request."""
    expect_fixed_host(terms.url, "url")
    for part, name in sorted(named_in(terms.url, *terms.headers.values())):
        if part != "secret":
            raise Invalid(f"Nothing of a lead, such as {part}.{name}, is known before it is asked for", field="url", rule="known_field")
        if name not in secrets:
            raise Invalid(f"There is no secret {name}", field="secrets", rule="known_secret")
    if terms.body is not None and not isinstance(_read(terms.body), dict):
        raise Invalid("The body must be a JSON object", field="body", rule="object")
    _queries(terms)


def request_of(poll: Poll, state: PollState, secrets: Secrets) -> tuple[str, dict[str, str]]:
    """The address and the headers of the page that is next."""
    values = {f"secret.{name}": value for name, value in secrets.items()}
    onward, parameter = state.get("onward"), poll.onward.parameter if poll.onward else None
    url = onward if onward and not parameter else poll.url + _query(poll, state)
    return in_url(url, values), {name: in_header(text, values) for name, text in poll.headers.items()}


def body_of(poll: Poll, state: PollState) -> bytes | None:
    """What is sent to that address, as JSON; None for a platform that is asked by its address alone."""
    if poll.body is None:
        return None
    body = from_json(poll.body)
    for name, value in _parameters(poll, state):
        counted = poll.onward and poll.onward.step and name == poll.onward.parameter
        is_json = counted or (poll.since and name == poll.since.parameter)
        body = _with(body, name.split("."), _read(value) if is_json else value)
    return to_json(body)


def _with(part: Any, path: Sequence[str], value: Any) -> Any:
    """A copy in which `value` stands at the end of the path; a number leads into a list, if it is that long."""
    if not path:
        return value
    name, *rest = path
    if isinstance(part, list) and name.isdecimal() and int(name) < len(part):
        return [_with(one, rest, value) if place == int(name) else one for place, one in enumerate(part)]
    fields = part if isinstance(part, dict) else {}
    return {**fields, name: _with(fields.get(name), rest, value)}


def _read(text: str) -> Any:
    try:
        return from_json(text)
    except ValueError:
        return text


def read_page(poll: Poll, asked: str, body: bytes, secrets: Secrets) -> Page:
    """What came from the address `asked`. Raises Refused for a page that makes no sense; an empty one does."""
    page = read_json(body)
    leads, onward, mark = _queries(poll)
    found = leads.find(page) or []
    if not isinstance(found, list):
        raise Invalid("There is no list of leads in the page where leads says it is", field="leads", rule="no_leads")
    if len(found) > MOST_ITEMS:
        raise TooLarge(f"A page may hold at most {MOST_ITEMS} leads; ask for smaller ones", field="leads", rule="too_many")
    following = _leading_on(poll.onward, onward.find(page)) if poll.onward and onward else None
    if following is not None and poll.onward is not None and poll.onward.parameter is None:
        following = _kept_address(asked, following, secrets)
    if following is not None and len(following) > LONGEST_ONWARD:
        raise TooLarge(f"What leads to the next page has more than {LONGEST_ONWARD} characters", field="onward", rule="size")
    return Page(found, following, max(_moments(mark.find(page)), default=None) if mark else None)


def after_page(poll: Poll, state: PollState, page: Page, asked_at: datetime, now: datetime) -> Fields:
    """What changes about the state. The mark moves at the end of a sweep only: most platforms begin with the newest.

    It never passes the time at which the sweep began: what arrives meanwhile is asked for again, and a wrong time hides nothing.
    """
    began_at = state.get("began_at") or asked_at
    newest = _later(state.get("newest"), page.newest)
    pages = state.get("pages", 0) + 1
    again = now + timedelta(seconds=poll.every_seconds)
    fields: Fields = {"problem": None, "failures": 0, "polled_at": now}
    onward = _place_after(poll, state, page)
    if onward is None or onward == state.get("onward"):
        mark = _later(state.get("mark"), min(newest, began_at) if newest else None)
        return fields | _at_the_beginning() | {"mark": mark, "swept_at": now, "due_at": again}
    over = pages >= poll.pages_per_turn
    going_on: Fields = {"onward": onward, "began_at": began_at, "newest": newest}
    return fields | going_on | {"pages": 0 if over else pages, "due_at": again if over else now}


def _place_after(poll: Poll, state: PollState, page: Page) -> str | None:
    """As the page says, or the next by count."""
    counted = poll.onward
    if page.onward is None or counted is None or counted.step is None:
        return page.onward
    return str(int(state.get("onward") or counted.first) + counted.step)


def after_failure(poll: Poll, state: PollState, problem: str, now: datetime, *, after: float, jitter: float, anew: bool) -> Fields:
    """It is left alone, each time longer, at least as long as it asks for (`after`). `anew`: it does not know any more where we were."""
    failures = state.get("failures", 0) + 1
    pause = max(min(after, LONGEST_ASKED), backoff(failures) * jitter, circuit_of(poll, failures).reopens_in(0.0))
    fields: Fields = {"problem": problem, "failures": failures, "polled_at": now, "pages": 0, "due_at": now + timedelta(seconds=pause)}
    return fields | (_at_the_beginning() if anew else {})


def backoff(failures: int) -> float:
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 20))


def circuit_of(poll: PollTerms, failures: int) -> Circuit:
    """As so many failures in a row leave it at this moment, whichever processes have seen them."""
    circuit = Circuit(poll.trip_after, poll.trip_seconds)
    for _ in range(min(failures, poll.trip_after)):
        circuit.note(good=False, now=0.0)
    return circuit


def _at_the_beginning() -> Fields:
    return {"onward": None, "began_at": None, "newest": None, "pages": 0}


def _queries(terms: PollTerms) -> tuple[Query, Query | None, Query | None]:
    onward = Query(terms.onward.found, "onward.found") if terms.onward else None
    return Query(terms.leads, "leads"), onward, Query(terms.since.mark, "since.mark") if terms.since else None


def _query(poll: Poll, state: PollState) -> str:
    """What is added to the address. Brackets, colons and commas stay: LinkedIn reads nothing where they are escaped."""
    asked = _parameters(poll, state) if poll.body is None else []
    text = "&".join(f"{quote(name, safe='')}={quote(value, safe='(:,)')}" for name, value in asked)
    return ("&" if "?" in poll.url else "?") + text if text else ""


def _parameters(poll: Poll, state: PollState) -> list[tuple[str, str]]:
    """Since when, and which page."""
    mark, onward = state.get("mark"), state.get("onward")
    asked: list[tuple[str, str]] = [(poll.since.parameter, _since(poll.since, mark))] if poll.since and mark else []
    if onward and poll.onward and poll.onward.parameter:
        asked.append((poll.onward.parameter, onward))
    return asked


def _since(since: Since, mark: datetime) -> str:
    moment = mark - timedelta(seconds=since.overlap_seconds)
    return since.value.replace("{since}", _written(since, moment))


def _written(since: Since, moment: datetime) -> str:
    """To the second, downwards."""
    if since.written == "rfc3339":
        return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return str(int(moment.timestamp()) * (1_000 if since.written == "milliseconds" else 1))


def _kept_address(asked: str, found: str, secrets: Secrets) -> str:
    """Without its secrets, which stand in braces again. Raises Invalid when it leads elsewhere: secrets would go there."""
    address = urljoin(asked, found)
    if _origin(address) != _origin(asked):
        raise Invalid("The next page is at another host", field="onward", rule="fixed_host")
    text = address.replace("{", "%7B").replace("}", "%7D")
    for name, secret in sorted(secrets.items(), key=lambda one: -len(one[1])):
        for written in (quote(secret, safe=""), secret) if len(secret) >= _LEAST_SECRET else ():
            text = text.replace(written, f"{{secret.{name}}}")
    return text


def _origin(address: str) -> tuple[str, str | None, int | None, str | None]:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme), parts.username
    except ValueError:
        raise Invalid("What leads to the next page is no address", field="onward", rule="url") from None


def _leading_on(onward: Onward, found: Any) -> str | None:
    if onward.step:
        return None if found in (None, False, "", [], {}) else "counted"
    return _text(found)


def _text(found: Any) -> str | None:
    """A number leads on, too; true and false do not."""
    if found is None or found is False or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise Invalid("What leads to the next page must be found as text or a number", field="onward", rule="scalar")
    return str(found)


def _moments(found: Any) -> Iterator[datetime]:
    """What is no time says nothing of how far we are."""
    for one in found if isinstance(found, list) else [found]:
        moment = _moment(one)
        if moment is not None:
            yield moment


def _moment(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        moment = moment_of(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)

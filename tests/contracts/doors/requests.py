"""What is sent through one door: what its OpenAPI allows, what it forbids, and values that no schema thinks of."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, TypeVar
from urllib.parse import quote

from hypothesis import HealthCheck, Phase, given, settings
from requests import PreparedRequest, Request
from schemathesis import Case, GenerationMode
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.overrides import Override
from schemathesis.schemas import APIOperation

Operation = APIOperation[Any, Any, Any, Any]
T = TypeVar("T")
Path = tuple[str | int, ...]
# The client has its own.
PROOFS = ("authorization", "x-api-key")
BASE = "http://dealwire.test"
# JSON can spell them all; not all of them can be stored, compared, counted with or sent on.
TEXTS = ("\ud800", "\x00", "$where", "a.b", "\u202e\U0001f600", "=1+1", "9" * 400, "../..", "", " ", "x" * 30_000, "1e9999", "NaN")
NUMBERS = (2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**400, 1e308, float("nan"), float("inf"), -1, 0, "9" * 40, "1E+6144", "0E-6200")
TIMES = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "1e18", -1)
OTHERS: tuple[Any, ...] = (None, [], {}, True, [[]], {"$ne": None}, {"": ""}, {"a\x00b": "1"}, {"\ud800": "1"})
EDGES = tuple(quote(str(time)) for time in TIMES[:2])
# As they stand in an address, already quoted.
IN_ADDRESSES = (
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "%24where",
    "9" * 400,
    "9" * 19,
    "-1",
    "a%2Fb",
    "%0d%0aX: 1",
    "%20",
    "1e400",
    "NaN",
    "",
    *EDGES,
)
IN_HEADERS = ("", " ", "\xff", '"9999999999999999999"', "*", 'W/"1"', "x" * 300, "NaN")
FUZZ = settings(
    max_examples=3, derandomize=True, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


@dataclass(frozen=True)
class Sent:
    """One request as it goes over the wire, and the case of the schema that its answer is held against."""

    case: Case
    prepared: PreparedRequest
    method: str
    url: str
    headers: dict[str, str]
    content: bytes

    @classmethod
    def of(cls, case: Case) -> "Sent":
        told = case.as_transport_kwargs(BASE)
        told["headers"] = {name: value for name, value in told["headers"].items() if name.lower() not in PROOFS}
        prepared = Request(**told).prepare()
        content = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
        return cls(case, prepared, str(prepared.method), str(prepared.url), dict(prepared.headers), content)

    def __str__(self) -> str:
        return f"{self.method} {self.url[:300].removeprefix(BASE)} {self.content[:1000]!r}"


def requests_of(operation: Operation, known: dict[str, str], *, most: int) -> list[Sent]:
    """The same ones every time, at most so many of each kind, taken evenly. `known` are ids that lead to something."""
    expected = list(_expected(operation))
    sent = [_at_home(Sent.of(case), known) if number % 2 else Sent.of(case) for number, case in enumerate(_spread(expected, most))]
    allowed = [case for case in expected if case.meta and case.meta.generation.mode is GenerationMode.POSITIVE]
    if not allowed:
        return sent
    good = _at_home(Sent.of(allowed[0]), known)
    full = max((_at_home(Sent.of(case), known) for case in _spread(allowed, most)), key=_fullness)
    return [good, full, *sent, *_spread(list(_strange(good)), most), *_strange_bodies(full, most)]


def _expected(operation: Operation) -> Iterator[Case]:
    """Examples, each rule of the schema just kept and just broken, methods that are not there, and a few of anything."""
    yield from CoverageGenerator(
        operation=operation,
        generation_modes=list(GenerationMode),
        generation_config=operation.schema.config.generation_for(operation=operation, phase="coverage"),
        auth_storage=None,
        override=Override(),
        feedback=NO_FEEDBACK,
    )
    yield from _anything(operation)


def _anything(operation: Operation) -> list[Case]:
    found: list[Case] = []

    def find(case: Case) -> None:
        found.append(case)

    FUZZ(given(operation.as_strategy())(find))()
    return found


def _at_home(sent: Sent, known: dict[str, str]) -> Sent:
    """With ids in its path that lead to something."""
    path = sent.case.operation.path
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    if "{" in path:
        return sent
    query = sent.url.partition("?")[2]
    return replace(sent, url=f"{BASE}{path}{'?' + query if query else ''}")


def _fullness(sent: Sent) -> int:
    """How much it says, as long as it can be said shortly."""
    return len(sent.content) if len(sent.content) < 3_000 else 0


def _strange(good: Sent) -> Iterator[Sent]:
    """A good request in which one value at a time is none that anybody expects."""
    operation = good.case.operation
    for strange in IN_ADDRESSES:
        for parameter in operation.path_parameters:
            yield replace(good, url=BASE + operation.path.replace(f"{{{parameter.name}}}", strange))
        for parameter in operation.query:
            yield replace(good, url=f"{good.url.partition('?')[0]}?{parameter.name}={strange}")
    for strange in IN_HEADERS:
        for parameter in operation.headers:
            if parameter.name.lower() not in PROOFS:
                yield replace(good, headers=good.headers | {parameter.name: strange})


def _strange_bodies(sent: Sent, most: int) -> Iterator[Sent]:
    if sent.headers.get("Content-Type") != "application/json" or not sent.content:
        return
    body = json.loads(sent.content)
    for path, strange in _spread(list(product(_places(body), (*TEXTS, *NUMBERS, *TIMES, *OTHERS))), most):
        yield replace(sent, content=json.dumps(_with(body, path, strange)).encode())


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inside:
        yield from _places(part, (*path, name))


def _with(body: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    changed = deepcopy(body)
    within = changed
    for name in path[:-1]:
        within = within[name]
    within[path[-1]] = value
    return changed


def _spread(rows: list[T], most: int) -> list[T]:
    """An odd step, so that it does not fall on one kind only."""
    step = max(1, -(-len(rows) // most)) | 1
    return rows[::step]

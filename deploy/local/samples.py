"""The sample leads: sent through the public door like anybody's, then followed until each has its fate."""

import asyncio
import csv
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from deploy.local.problems import StackProblem
from deploy.local.state import State
from deploy.local.steps import Step, Tell
from deploy.local.tokens import Bearer, sign_token

SAMPLES = Path(__file__).with_name("sample_leads.csv")
AT_ONCE = 32
LOOKED_UP_AT_ONCE = 1000
FATE_SECONDS = 120.0
PARTS: Mapping[str, Sequence[str]] = {
    "person": ("first_name", "last_name", "email", "phone", "title"),
    "company": ("company", "domain", "country", "industry", "employees", "annual_revenue"),
    "interest": ("product", "need", "budget", "currency", "timeline", "notes"),
    "attribution": ("campaign", "medium"),
}
WHOLE_NUMBERS = ("employees",)
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one line of the file; `status` is `turned away` when the door itself refused it."""

    line: int
    submission_id: str | None
    status: str
    lead_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of them all; `seconds` is 0 when they had been sent before."""

    submitted: int
    fates: dict[str, int]
    refusals: dict[str, int]
    leads: dict[str, int]
    assigned: dict[str, int]
    seconds: float


class Samples:
    """`sending` are the steps; `summary` is there when they were taken."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._sent: list[Fate] = []
        self._began = 0.0
        self.summary: Summary | None = None

    def sending(self) -> list[Step]:
        return [
            Step("Send the sample leads", lambda tell: asyncio.run(self._send(tell))),
            Step("Wait until each has its fate", lambda tell: asyncio.run(self._follow(tell))),
        ]

    async def _send(self, tell: Tell) -> None:
        self._began = time.monotonic()
        self._sent = self._sent_before()
        if self._sent:
            self._began = 0.0
            return
        async with self._leads() as door:
            self._sent = await _all_of(list(sample_submissions()), lambda sample: _submit(door, sample), tell)
        self._note.write_text(json.dumps([asdict(fate) for fate in self._sent]))

    async def _follow(self, tell: Tell) -> None:
        async with self._leads() as door:
            fates = await _until_settled(door, self._sent, tell)
            leads = await _leads_by_id(door)
            reps = await _names_of_reps(door)
        seconds = time.monotonic() - self._began if self._began else 0.0
        self.summary = summarise(fates, leads, reps, seconds)

    def _sent_before(self) -> list[Fate]:
        return [Fate(**fate) for fate in json.loads(self._note.read_text())] if self._note.exists() else []

    @property
    def _note(self) -> Path:
        """Lies with the data, so that it is erased with the data."""
        return self._state.data / "samples.json"

    def _leads(self) -> httpx.AsyncClient:
        token = sign_token(self._state, Bearer("sample-importer", ["integration", "admin"], ["*"]))
        return httpx.AsyncClient(base_url=self._state.ports.url_of("leads"), headers={"Authorization": f"Bearer {token}"}, timeout=30)


def sample_submissions(path: Path = SAMPLES) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and bodies for `POST /leads`; an empty cell is an absent field."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield reader.line_num, _submission_of(row)


def summarise(fates: Sequence[Fate], leads: Mapping[str, Mapping[str, Any]], reps: Mapping[str, str], seconds: float) -> Summary:
    touched = [leads[lead_id] for lead_id in dict.fromkeys(fate.lead_id or "" for fate in fates) if lead_id in leads]
    owners = [str(lead["owner_id"]) for lead in touched if lead.get("owner_id")]
    return Summary(
        submitted=len(fates),
        fates=_counted(fate.status for fate in fates),
        refusals=_counted(fate.reason or "no reason given" for fate in fates if fate.lead_id is None),
        leads=_counted(str(lead["status"]) for lead in touched),
        assigned=_counted(reps.get(owner, owner) for owner in owners),
        seconds=round(seconds, 1),
    )


def _counted(words: Any) -> dict[str, int]:
    return dict(Counter(words).most_common())


def _submission_of(row: Mapping[str, str]) -> dict[str, Any]:
    parts = {part: _filled(row, columns) for part, columns in PARTS.items()}
    if name := parts["company"].pop("company", None):
        parts["company"]["name"] = name
    consent = {"marketing": row["consent_marketing"] == "yes"} if row["consent_marketing"] else {}
    return {"source": row["source"], "external_id": row["external_id"]} | {
        name: part for name, part in (parts | {"consent": consent}).items() if part
    }


def _filled(row: Mapping[str, str], columns: Sequence[str]) -> dict[str, Any]:
    return {column: _value(column, row[column]) for column in columns if row[column].strip()}


def _value(column: str, text: str) -> str | int:
    return int(text) if column in WHOLE_NUMBERS and text.isdigit() else text


async def _submit(door: httpx.AsyncClient, sample: tuple[int, dict[str, Any]]) -> Fate:
    line, body = sample
    answer = await door.post("/leads", json=body, headers={"Idempotency-Key": f"sample-{body['external_id']}"})
    if answer.status_code == 202:
        return Fate(line, answer.json()["submission_id"], "pending")
    if answer.status_code in (400, 422):
        return Fate(line, None, "turned away", reason=_reason(answer.json()))
    raise StackProblem(
        f"The leads service answered line {line} of the samples with {answer.status_code}: {answer.text[:300]}", "See: dealwire logs leads"
    )


def _reason(problem: Mapping[str, Any]) -> str:
    violations = [f"{violation['field']}: {violation['rule']}" for violation in problem.get("violations", ())]
    return ", ".join(violations) or str(problem.get("detail") or problem.get("title"))


async def _until_settled(door: httpx.AsyncClient, fates: Sequence[Fate], tell: Tell) -> list[Fate]:
    deadline = time.monotonic() + FATE_SECONDS
    known = {fate.line: fate for fate in fates}
    while pending := [fate for fate in known.values() if fate.status == "pending"]:
        if time.monotonic() > deadline:
            raise StackProblem(
                f"{len(pending)} sample leads have no fate after {FATE_SECONDS:.0f} s.", "See: dealwire status, dealwire logs leads"
            )
        known |= {fate.line: fate for fate in await _look_up(door, pending)}
        tell(sum(fate.status != "pending" for fate in known.values()), len(known))
        await asyncio.sleep(0.2)
    return list(known.values())


async def _look_up(door: httpx.AsyncClient, fates: Sequence[Fate]) -> list[Fate]:
    """What is known of them by now; a submission that was not heard of yet stays pending."""
    answer = await door.post("/submissions/lookup", json={"ids": [fate.submission_id for fate in fates[:LOOKED_UP_AT_ONCE]]})
    found = {row["submission_id"]: row for row in answer.raise_for_status().json()["items"]}
    rows = [(fate, found[fate.submission_id]) for fate in fates if fate.submission_id in found]
    return [Fate(fate.line, fate.submission_id, row["status"], row.get("lead_id"), row.get("reason")) for fate, row in rows]


async def _leads_by_id(door: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    return {str(lead.get("lead_id") or lead["id"]): lead async for lead in _items(door, "/leads")}


async def _names_of_reps(door: httpx.AsyncClient) -> dict[str, str]:
    return {str(rep.get("rep_id") or rep["id"]): str(rep.get("name") or rep.get("rep_id")) async for rep in _items(door, "/reps")}


async def _items(door: httpx.AsyncClient, path: str) -> Any:
    """Every item of a list, page after page."""
    cursor: str | None = None
    while True:
        page = (await door.get(path, params={"limit": 200} | ({"cursor": cursor} if cursor else {}))).raise_for_status().json()
        for item in page["items"]:
            yield item
        cursor = page.get("next")
        if cursor is None:
            return


async def _all_of(items: Sequence[T], work: Callable[[T], Awaitable[R]], tell: Tell) -> list[R]:
    """The results in the order of the items, so many of them worked on at once."""
    turn = asyncio.Semaphore(AT_ONCE)
    results: list[R] = []

    async def one(item: T) -> R:
        async with turn:
            results.append(result := await work(item))
            tell(len(results), len(items))
            return result

    return list(await asyncio.gather(*(one(item) for item in items)))

"""How long lists of leads, filters, searches, sums and reports take over HTTP, among many that are there: one `api`, one caller."""

import time
from collections.abc import Mapping, Sequence
from itertools import combinations, cycle, islice, product
from typing import Any
from urllib.parse import urlencode

from services.leads.rules.judging.defaults import REPS, TEAMS
from services.leads.store import LEADS
from shared.cursor import Place, cursor_of
from shared.database import Database
from tests.bench.door import calling, is_ready
from tests.bench.leads import SOURCES
from tests.live.processes import Fleet
from tests.live.waiting import eventually
from tests.tokens import signed_token

EACH, SAMPLED = 300, 200
STATUSES = ("captured", "qualified", "disqualified", "contacted", "merged")
OWNERS = tuple(rep_id for rep_id, *_ in REPS)
SORTS = ("-id", "id", "-updated_at", "updated_at")
Asked = dict[str, str]
VALUES: dict[str, Sequence[str]] = {"status": STATUSES, "owner_id": OWNERS, "team_id": tuple(TEAMS), "source": SOURCES}
SINGLES: list[Asked] = [{field: value} for field, values in VALUES.items() for value in values]
PAIRS: list[Asked] = [{**one, **other} for one, other in combinations(SINGLES, 2) if not one.keys() & other.keys()]

SUMS: dict[str, list[str]] = {
    "summary": ["/leads/summary"],
    "of_a_manager_summary": ["/leads/summary"],
    "reports": [
        *(f"/reports/funnel?by={by}&period={period}" for by in ("source", "campaign", "rep") for period in ("all", "day")),
        *("/reports/response-times", "/reports/disqualifications", "/reports/attribution"),
    ],
}


async def measured(ours: Fleet, db: Database) -> dict[str, float]:
    """Of each kind of question the 50th and the 99th percentile, in milliseconds."""
    api = ours.start_service("leads", "api")
    await eventually(lambda: is_ready(api.port), what="a ready api")
    known = await db.collection(LEADS).aggregate([{"$sample": {"size": SAMPLED}}]).to_list(None)
    admin, rep, manager = signed_token(), *(signed_token(subject="ana", roles={role}, teams=("europe",)) for role in ("rep", "manager"))
    measures = dict[str, float]()
    for name, paths in (_lists(known) | SUMS).items():
        times = await _ms(api.port, rep if name.startswith("of_a_rep") else manager if name.startswith("of_a_manager") else admin, paths)
        measures |= {f"{name}_p50_ms": times[len(times) // 2], f"{name}_p99_ms": times[int(len(times) * 0.99)]}
    api.terminate()
    return measures


def _lists(known: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {name: [f"/leads?{urlencode(one)}" for one in asked] for name, asked in questions(known).items()}


def questions(known: list[dict[str, Any]]) -> dict[str, list[Asked]]:
    """By name what is asked, some of it in vain: nobody owns what was disqualified."""
    sorts: list[Asked] = [{"sort": sort} for sort in SORTS]
    return {
        "list": sorts,
        **{field: [{field: value} for value in values] for field, values in VALUES.items()},
        "two_filters": PAIRS,
        "filter_by_change": [one | {"sort": sort} for one in SINGLES for sort in SORTS[2:]],
        "two_filters_by_change": [one | {"sort": "-updated_at"} for one in PAIRS],
        "deep_page": [_deep(lead, sort) for lead, sort in product(known, SORTS)],
        "deep_page_of_a_filter": [one | _deep(lead, "-id") for lead, one in zip(known, cycle(SINGLES), strict=False)],
        "external_id": [{"external_id": lead["external_id"]} for lead in known],
        "email": [{"q": lead["person"]["email"]} for lead in known],
        "phone": [{"q": lead["person"]["phone"]} for lead in known if "phone" in lead["person"]],
        "company": [{"q": lead["company"]["name"]} for lead in known],
        "first_letters": [{"q": lead["person"]["email"][:4]} for lead in known],
        "of_a_rep": [*sorts, *({"status": status} for status in STATUSES), *({"source": source} for source in SOURCES)],
        "of_a_rep_two_filters": PAIRS,
        "of_a_rep_filter_by_change": [one | {"sort": sort} for one in SINGLES for sort in SORTS[2:]],
        "of_a_rep_two_filters_by_change": [one | {"sort": "-updated_at"} for one in PAIRS],
    }


def _deep(lead: Mapping[str, Any], sort: str) -> Asked:
    """The page after this lead, wherever it stands."""
    field, direction = sort.removeprefix("-"), -1 if sort.startswith("-") else 1
    place = Place("_id" if field == "id" else field, direction, lead["_id" if field == "id" else field], lead["_id"])
    return {"sort": sort, "cursor": cursor_of(place, listing=LEADS, sort=sort)}


async def _ms(port: int, token: str, paths: Sequence[str]) -> list[float]:
    """Of at least three hundred requests, sorted. What is asked once may be read from the disk; so it is with people who ask."""
    times = list[float]()
    async with calling(port, token) as caller:
        for path in islice(cycle(paths), max(EACH, len(paths))):
            began = time.perf_counter()
            status = await caller.get(path)
            times.append((time.perf_counter() - began) * 1_000)
            assert status == 200, (status, path)
    return sorted(times)

"""Which territory a lead stands on: down the tree as far as it goes, and back up to where there is somebody to take it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.leads.models import Ground, PostcodeRange, Territory
from services.leads.models.territories import plain_postcode

Company = Mapping[str, Any]


class Atlas:
    """Every active territory, below the one that it is within. Those of one country are found without asking all others."""

    def __init__(self, territories: Iterable[Territory]) -> None:
        self._all = {one.id: one for one in territories if one.active}
        self._below: defaultdict[tuple[str, str], list[Territory]] = defaultdict(list)
        for one in sorted(self._all.values(), key=_order):
            for country in one.ground.countries or [""]:
                self._below[one.parent_id or "", country].append(one)

    def find(self, root_id: str, company: Company) -> Territory | None:
        """The territory within `root_id` that takes a lead of this company, if the root holds it and somebody takes it."""
        root, taker = self._all.get(root_id), None
        here = root if root and holds(root.ground, company) else None
        while here is not None:
            taker = here if here.team_id else taker
            here = self._find_below(here, company)
        return taker

    def _find_below(self, above: Territory, company: Company) -> Territory | None:
        country = company.get("country") or ""
        everywhere = self._below.get((above.id, ""), ())
        candidates: Sequence[Territory] = everywhere
        if country and (local := self._below.get((above.id, country))):
            candidates = sorted((*local, *everywhere), key=_order)
        return next((one for one in candidates if holds(one.ground, company)), None)


def _order(territory: Territory) -> tuple[int, str]:
    return territory.position, territory.id


def holds(ground: Ground, company: Company) -> bool:
    """What is not known of a company holds in no territory that asks for it."""
    return (
        _is_one_of(company.get("country"), ground.countries)
        and _is_one_of(company.get("region"), ground.regions)
        and _is_one_of(company.get("industry"), ground.industries)
        and _has_size(company.get("employees"), ground)
        and (not ground.postcodes or _is_within(company.get("postcode"), ground.postcodes))
    )


def _is_one_of(value: str | None, wanted: Sequence[str]) -> bool:
    return not wanted or (value is not None and value.casefold() in {one.casefold() for one in wanted})


def _has_size(employees: int | None, ground: Ground) -> bool:
    if ground.least_employees is None and ground.most_employees is None:
        return True
    least, most = ground.least_employees or 0, ground.most_employees
    return employees is not None and employees >= least and (most is None or employees <= most)


def _is_within(postcode: str | None, ranges: Iterable[PostcodeRange]) -> bool:
    code = plain_postcode(postcode or "")
    return bool(code) and any(_holds_code(one, code) for one in ranges)


def _holds_code(one: PostcodeRange, code: str) -> bool:
    first, last = plain_postcode(one.first), plain_postcode(one.last)
    return first <= code and code[: len(last)] <= last


def has_cycle(territory: Territory, parents: Mapping[str, str | None]) -> bool:
    """Whether the way up from it comes back to it."""
    seen, above = {territory.id}, territory.parent_id
    while above is not None and above not in seen:
        seen.add(above)
        above = parents.get(above)
    return above is not None

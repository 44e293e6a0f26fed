"""How alike two people are, field by field: from 1, the same, by 0, which says nothing, to -1, the contrary."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from services.leads.rules.capture.spelling import (
    CONTRARY,
    LEAST_FOR_A_SLIP,
    NOTHING,
    SAME,
    companies,
    digits,
    domains,
    first_names,
    is_slip,
    label,
    last_names,
    plain,
)
from shared.domains import business_domain
from shared.names import company_key

Parts = Mapping[str, Any]
_NOT_A_LETTER = re.compile(r"[^a-z]+")
_PLACES = ("postcode", "postal_code", "zip", "city")
_LAST_DIGITS = 3


class Likeness(NamedTuple):
    """What can be compared of one person, in the form in which it can."""

    first: str
    last: str
    local: str
    host: str
    phone: str
    company: str
    domain: str
    country: str
    place: str


def likeness_of(parts: Parts) -> Likeness:
    """Of a lead, or of a contact of a customer, which has the same parts."""
    person, company = parts["person"], parts["company"]
    local, _, host = person.get("email", "").rpartition("@")
    domain = company.get("domain") or business_domain(person.get("email")) or ""
    return Likeness(
        first=plain(person.get("first_name", "")),
        last=plain(person.get("last_name", "")),
        local=local.partition("+")[0],
        host=host,
        phone=person.get("phone", ""),
        company=plain(company_key(company["name"])) if "name" in company else "",
        domain=domain.removeprefix("www."),
        country=company.get("country", ""),
        place=_place(parts.get("attributes", {})),
    )


def _place(attributes: Mapping[str, str]) -> str:
    return next((plain(attributes[name]) for name in _PLACES if attributes.get(name)), "")


Comparison = Callable[[Likeness, Likeness], float | None]


def first_name(one: Likeness, other: Likeness) -> float | None:
    """None, here and below, where one of them says nothing."""
    return first_names(one.first, other.first) if one.first and other.first else None


def last_name(one: Likeness, other: Likeness) -> float | None:
    return last_names(one.last, other.last) if one.last and other.last else None


def are_swapped(one: Likeness, other: Likeness) -> bool:
    """First name and last name changed places."""
    if not (one.first and one.last and other.first and other.last):
        return False
    straight = min(first_names(one.first, other.first), last_names(one.last, other.last))
    crossed = max(_crossed(one, other), _crossed(other, one))
    return crossed > max(0, straight)


def _crossed(one: Likeness, other: Likeness) -> float:
    """If `one` has its names in the right place."""
    return min(first_names(one.first, other.last), last_names(one.last, other.first))


def swapped(one: Likeness) -> Likeness:
    return one._replace(first=one.last, last=one.first)


def email(one: Likeness, other: Likeness) -> float | None:
    """A company gives one address to one person: two at one host are two people's, unless both are made of one name."""
    if not (one.local and other.local):
        return None
    if one.local == other.local:
        return SAME if one.host == other.host else _at_two_hosts(one, other)
    if one.host != other.host:
        return 0.7 if is_slip(f"{one.local}@{one.host}", f"{other.local}@{other.host}") else -0.2
    if one.local[0] == other.local[0] and is_slip(one.local, other.local):
        return 0.8
    return NOTHING if _is_made_of_name(one) and _is_made_of_name(other) else CONTRARY


def _at_two_hosts(one: Likeness, other: Likeness) -> float:
    """A slip in the host, or somebody with two mailboxes; where it is made of their name it says no more than the name."""
    if is_slip(one.host, other.host):
        return 0.9
    if len(one.local) < LEAST_FOR_A_SLIP:
        return NOTHING
    return 0.4 if digits(one.local) or not (_is_made_of_name(one) or _is_made_of_name(other)) else NOTHING


def _is_made_of_name(one: Likeness) -> bool:
    """j.smith, john.smith, smithj, john: of John Smith."""
    letters = _NOT_A_LETTER.sub("", one.local)
    first, last = one.first.replace(" ", ""), one.last.replace(" ", "")
    if not first or not last:
        return False
    made = (first + last, last + first, first[0] + last, last + first[0], first + last[0], first, last)
    return any(ratio(letters, candidate) >= 90 for candidate in made)


def phone(one: Likeness, other: Likeness) -> float | None:
    if not (one.phone and other.phone):
        return None
    if one.phone == other.phone:
        return SAME
    if one.phone[:-_LAST_DIGITS] == other.phone[:-_LAST_DIGITS]:
        return NOTHING
    return 0.5 if OSA.distance(one.phone, other.phone, score_cutoff=1) == 1 else -0.4


def company(one: Likeness, other: Likeness) -> float | None:
    """By name or by domain: what either has in common is enough."""
    by_name = companies(one.company, other.company) if one.company and other.company else None
    by_domain = domains(one.domain, other.domain) if one.domain and other.domain else None
    known = [likeness for likeness in (by_name, by_domain) if likeness is not None]
    return max(known) if known else _across(one, other)


def _across(one: Likeness, other: Likeness) -> float | None:
    """One is known by the company's name, the other by its domain."""
    name, domain = (one.company, other.domain) if one.company else (other.company, one.domain)
    if not name or not domain:
        return None
    known_as, joined = label(domain), name.replace(" ", "")
    return 0.8 if known_as == joined or ratio(known_as, joined) >= 85 and digits(known_as) == digits(joined) else NOTHING


def country(one: Likeness, other: Likeness) -> float | None:
    return _plainly(one.country, other.country)


def place(one: Likeness, other: Likeness) -> float | None:
    return _plainly(one.place, other.place)


def _plainly(one: str, other: str) -> float | None:
    return None if not (one and other) else SAME if one == other else CONTRARY


def are_others(one: Likeness, other: Likeness) -> bool:
    """Two people by their names, whatever else they share: a telephone in the reception, or at home."""
    return are_contrary(one, other) and not are_swapped(one, other)


def are_contrary(one: Likeness, other: Likeness) -> bool:
    """As they stand, their names contradict each other."""
    return first_name(one, other) == CONTRARY or last_name(one, other) == CONTRARY

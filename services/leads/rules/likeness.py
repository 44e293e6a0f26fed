"""How alike two people are, field by field: from 1, the same, by 0, which says nothing, to -1, the contrary."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jellyfish import metaphone
from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from services.leads.rules.addresses import business_domain
from services.leads.rules.given_names import are_forms_of_one, are_spellings_of_one
from services.leads.rules.names import company_key, folded

Parts = Mapping[str, Any]
SAME, CONTRARY, NOTHING = 1.0, -1.0, 0.0
_NOT_A_DIGIT = re.compile(r"\D+")
_NOT_A_LETTER = re.compile(r"[^a-z]+")
# What no accent was taken from, and how else it is written.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))
PLACES = ("postcode", "postal_code", "zip", "city")
_LAST_DIGITS = 3
_LEAST_FOR_A_SLIP, _LONG = 5, 16


@dataclass(frozen=True, slots=True)
class Likeness:
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


@lru_cache(65_536)
def plain(text: str) -> str:
    return folded(text).translate(_PLAIN)


def _place(attributes: Mapping[str, str]) -> str:
    return next((plain(attributes[name]) for name in PLACES if attributes.get(name)), "")


Comparison = Callable[[Likeness, Likeness], float | None]


def first_name(one: Likeness, other: Likeness) -> float | None:
    """None, here and below, where one of them says nothing."""
    return _first_names(one.first, other.first) if one.first and other.first else None


def last_name(one: Likeness, other: Likeness) -> float | None:
    return _last_names(one.last, other.last) if one.last and other.last else None


def are_swapped(one: Likeness, other: Likeness) -> bool:
    """First name and last name changed places."""
    if not (one.first and one.last and other.first and other.last):
        return False
    straight = min(_first_names(one.first, other.first), _last_names(one.last, other.last))
    crossed = max(_crossed(one, other), _crossed(other, one))
    return crossed > max(0, straight)


def _crossed(one: Likeness, other: Likeness) -> float:
    """If `one` has its names in the right place."""
    return min(_first_names(one.first, other.last), _last_names(one.last, other.first))


def swapped(one: Likeness) -> Likeness:
    return Likeness(one.last, one.first, one.local, one.host, one.phone, one.company, one.domain, one.country, one.place)


@lru_cache(65_536)
def _first_names(one: str, other: str) -> float:
    if one == other:
        return SAME
    if are_forms_of_one(one, other):
        return 0.9
    short, long = sorted((one, other), key=len)
    if len(short) == 1:
        return 0.4 if long.startswith(short) else CONTRARY
    if " " in long and short in (long.split(), *long.split()):
        return 0.9
    return 0.8 if are_spellings_of_one(one, other) else CONTRARY


@lru_cache(65_536)
def _last_names(one: str, other: str) -> float:
    if one == other:
        return SAME
    short, long = sorted((one, other), key=len)
    if len(short) == 1:
        return 0.3 if long.startswith(short) else CONTRARY
    if _without_umlauts(one) == _without_umlauts(other) or one.replace(" ", "") == other.replace(" ", ""):
        return 0.95
    if set(short.split()) < set(long.split()):
        return 0.8
    if OSA.distance(one, other, score_cutoff=2) <= (1 if len(short) < 8 else 2):
        return 0.8 if len(short) > 3 else NOTHING
    return 0.6 if one[0] == other[0] and metaphone(one) == metaphone(other) and ratio(one, other) >= 75 else CONTRARY


def _without_umlauts(name: str) -> str:
    for written, meant in _UMLAUTS:
        name = name.replace(written, meant)
    return name


def email(one: Likeness, other: Likeness) -> float | None:
    """A company gives one address to one person: two at one host are two people's, unless both are made of one name."""
    if not (one.local and other.local):
        return None
    if one.local == other.local:
        return SAME if one.host == other.host else _at_two_hosts(one, other)
    if one.host != other.host:
        return 0.7 if _is_slip(f"{one.local}@{one.host}", f"{other.local}@{other.host}") else -0.2
    if one.local[0] == other.local[0] and _is_slip(one.local, other.local):
        return 0.8
    return NOTHING if _is_made_of_name(one) and _is_made_of_name(other) else CONTRARY


def _at_two_hosts(one: Likeness, other: Likeness) -> float:
    """A slip in the host, or somebody with two mailboxes; where it is made of their name it says no more than the name."""
    if _is_slip(one.host, other.host):
        return 0.9
    if len(one.local) < _LEAST_FOR_A_SLIP:
        return NOTHING
    return 0.4 if _digits(one.local) or not (_is_made_of_name(one) or _is_made_of_name(other)) else NOTHING


@lru_cache(65_536)
def _is_slip(one: str, other: str) -> bool:
    """A letter too many, too few or wrong, two in what is long. A digit is not mistaken for another: firm1 is not firm2."""
    shorter = min(len(one), len(other))
    most = 2 if shorter >= _LONG else 1
    if shorter < _LEAST_FOR_A_SLIP or _digits(one) != _digits(other):
        return False
    return OSA.distance(one, other, score_cutoff=most) <= most


def _digits(text: str) -> str:
    return _NOT_A_DIGIT.sub("", text)


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
    by_name = _companies(one.company, other.company) if one.company and other.company else None
    by_domain = _domains(one.domain, other.domain) if one.domain and other.domain else None
    known = [likeness for likeness in (by_name, by_domain) if likeness is not None]
    return max(known) if known else _across(one, other)


def _across(one: Likeness, other: Likeness) -> float | None:
    """One is known by the company's name, the other by its domain."""
    name, domain = (one.company, other.domain) if one.company else (other.company, one.domain)
    if not name or not domain:
        return None
    label, joined = _label(domain), name.replace(" ", "")
    return 0.8 if label == joined or ratio(label, joined) >= 85 and _digits(label) == _digits(joined) else NOTHING


@lru_cache(65_536)
def _companies(one: str, other: str) -> float:
    if one == other:
        return SAME
    if _digits(one) != _digits(other):
        return CONTRARY
    if one.replace(" ", "") == other.replace(" ", "") or ratio(one, other) >= 88:
        return 0.9
    short, long = sorted((one.split(), other.split()), key=len)
    if long[: len(short)] == short and len(" ".join(short)) >= 4:
        return 0.7
    return CONTRARY


@lru_cache(65_536)
def _domains(one: str, other: str) -> float:
    if one == other or one.endswith("." + other) or other.endswith("." + one):
        return SAME
    if _label(one) == _label(other):
        return 0.8
    return 0.7 if _is_slip(one, other) else CONTRARY


@lru_cache(65_536)
def _label(domain: str) -> str:
    """`acme` of acme.co.uk and of shop.acme.example."""
    labels = domain.split(".")
    own = labels[:-2] if len(labels) > 2 and len(labels[-2]) <= 3 else labels[:-1]
    return own[-1].replace("-", "") if own else domain


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

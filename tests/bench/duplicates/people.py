"""A labelled crowd: people who submit themselves several times, never quite alike, among others who resemble them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from shared.events import LeadSubmitted
from tests.bench.duplicates import faults
from tests.bench.duplicates.names import COUNTRIES, FIRST, FREE_MAIL, LAST, Firm, drawn, firm, phone

PEOPLE_PER_FIRM = 3
SHARE_TWICE, SHARE_THRICE = 0.35, 0.10


@dataclass(frozen=True, slots=True)
class Someone:
    """The truth about one person."""

    number: int
    first: str
    last: str
    firm: Firm
    email: str
    private: str
    phone: str
    has_private_mail: bool


@dataclass(frozen=True, slots=True)
class Labelled:
    """A submission, and whose it is."""

    person: int
    submission: LeadSubmitted


def crowd(count: int, *, seed: int) -> list[Labelled]:
    """About one and a half submissions for each of `count` people, in the order in which they come."""
    rng = random.Random(seed)
    rows = [Labelled(someone.number, one) for someone in _people(count, rng) for one in _submissions(someone, rng)]
    rng.shuffle(rows)
    return rows


def _people(count: int, rng: random.Random) -> Iterator[Someone]:
    number = 0
    while number < count:
        taken: set[str] = set()
        for someone in _colleagues(number, rng):
            yield _with_an_address_of_their_own(someone, taken)
            number += 1


def _with_an_address_of_their_own(one: Someone, taken: set[str]) -> Someone:
    local, _, host = one.email.partition("@")
    email = one.email if one.email not in taken else f"{local}{len(taken) + 1}@{host}"
    taken.add(email)
    return replace(one, email=email)


def _colleagues(number: int, rng: random.Random) -> list[Someone]:
    """Those of one firm: strangers, relatives in a family's firm, people who are nearly called the same; some share one telephone."""
    kind = rng.random()
    country = rng.choice(COUNTRIES)
    family = drawn(rng, LAST[country])
    works = firm(rng, number, family if kind < 0.15 else None)
    size = rng.randint(1, 2 * PEOPLE_PER_FIRM - 1)
    people = [_someone(number + place, works, rng) for place in range(size)]
    if kind < 0.15:
        people = _relatives(people, family, rng)
    elif kind < 0.25 and len(people) > 1:
        people[1] = _nearly(people[1], people[0], rng)
    if rng.random() < 0.25:
        people = [replace(one, phone=works.reception) if rng.random() < 0.6 else one for one in people]
    return people


def _someone(number: int, works: Firm, rng: random.Random) -> Someone:
    country = works.country if rng.random() < 0.85 else rng.choice(COUNTRIES)
    first, last = drawn(rng, FIRST[country]), drawn(rng, LAST[country])
    one = Someone(number, first, last, works, "", "", phone(rng, works.country), rng.random() < 0.15)
    return _called(one, first, last, rng)


def _relatives(people: list[Someone], family: str, rng: random.Random) -> list[Someone]:
    """Most of them; no two are given one name."""
    related, named = [], set[str]()
    for one in people:
        bears_it = rng.random() < 0.7 and one.first not in named
        related.append(_called(one, one.first, family, rng) if bears_it else one)
        named.add(one.first)
    return related


def _nearly(one: Someone, other: Someone, rng: random.Random) -> Someone:
    """Daniel and Daniela, or namesakes of another first name, at one firm."""
    twins = {"a": other.first.removesuffix("a"), "n": other.first + "a", "l": other.first + "a", "o": other.first[:-1] + "a"}
    first = twins.get(other.first[-1]) if rng.random() < 0.5 else None
    return _called(one, first if first and first != other.first else one.first, other.last, rng)


def _called(one: Someone, first: str, last: str, rng: random.Random) -> Someone:
    plain_first, plain_last = faults.ascii_of(first), faults.ascii_of(last)
    local = rng.choice((f"{plain_first}.{plain_last}", f"{plain_first[0]}.{plain_last}", f"{plain_first[0]}{plain_last}", plain_first))
    if local == plain_first:
        local = f"{plain_first}.{plain_last[0]}"
    private = f"{plain_first}.{plain_last}{one.number % 100:02d}@{rng.choice(FREE_MAIL)}"
    return replace(one, first=first, last=last, email=f"{local}@{one.firm.domain}", private=private)


def _submissions(someone: Someone, rng: random.Random) -> Iterator[LeadSubmitted]:
    chance = rng.random()
    times = 3 if chance < SHARE_THRICE else 2 if chance < SHARE_THRICE + SHARE_TWICE else 1
    yield _submission(_stated(someone, rng))
    for _ in range(times - 1):
        yield _submission(faults.spoilt(_stated(someone, rng), rng))


def _stated(someone: Someone, rng: random.Random) -> faults.Row:
    """What they say of themselves when they make no mistake; not everybody says everything."""
    works = someone.firm
    row: faults.Row = {"first_name": someone.first, "last_name": someone.last, "email": someone.email, "phone": someone.phone}
    row |= {"company": f"{works.name} {works.form}", "domain": works.domain, "country": works.country}
    if someone.has_private_mail:
        row["email"] = someone.private
    for field, share in (("phone", 0.25), ("domain", 0.5), ("country", 0.3), ("company", 0.1)):
        if rng.random() < share:
            row.pop(field, None)
    return row


def _submission(row: faults.Row) -> LeadSubmitted:
    person = {name: row[name] for name in ("first_name", "last_name", "email", "phone") if name in row}
    company = {field: row[name] for name, field in (("company", "name"), ("domain", "domain"), ("country", "country")) if name in row}
    given: dict[str, Any] = {"source": "web", "person": person, "company": company}
    return LeadSubmitted.model_validate(given)

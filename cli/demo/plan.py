"""What will happen in a month: drawn by a seeded hand, so that the same month is always alike and another has other people."""

import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Any, Literal, NamedTuple

from cli.demo import words

Channel = Literal["http", "kafka", "file"]
Ending = Literal["won", "lost", "open", "contacted", "untouched"]
STAGES = ("new", "discovery", "proposal", "negotiation")
# How many prospects come by each channel; weak ones and those who come twice are on top.
BY_CHANNEL: dict[Channel, int] = {"http": 30, "kafka": 24, "file": 22}
WEAK, TWICE = 6, 6
NUMBERS_A_MONTH = 200
# Of every twenty good prospects, how many sales end how.
SHARES: dict[Ending, int] = {"won": 4, "lost": 3, "open": 7, "contacted": 3, "untouched": 3}
ENDINGS = [ending for ending, share in SHARES.items() for _ in range(share)]


class Answer(NamedTuple):
    kind: Literal["csat", "nps"]
    score: int
    comment: str


class Complaint(NamedTuple):
    subject: str
    body: str
    severity: str


@dataclass(frozen=True, slots=True)
class Course:
    """How a sale goes if the lead turns out to be one: how far, why it ended, and what came of the customer."""

    ending: Ending
    stage: str
    reason: str
    calls: tuple[tuple[str, int], ...]
    promise: str
    expectation: str
    offered: Decimal
    fulfilment: Literal["placed", "shipped", "delivered", "cancelled"] = "delivered"
    answer: Answer | None = None
    complaint: Complaint | None = None


@dataclass(frozen=True, slots=True)
class Prospect:
    """Somebody who shows interest: `submission` is what they leave behind, `course` what becomes of it."""

    number: int
    channel: Channel
    submission: dict[str, Any]
    course: Course | None = None

    @property
    def email(self) -> str:
        return str(self.submission["person"]["email"])

    @property
    def name(self) -> str:
        return f"{self.submission['person']['first_name']} {self.submission['person']['last_name']}"

    @property
    def currency(self) -> str:
        return str(self.submission["interest"].get("currency", "EUR"))


@dataclass(frozen=True, slots=True)
class Plan:
    """`echoes` are prospects who show up again later, by another channel; they are nobody new."""

    month: int
    prospects: tuple[Prospect, ...]
    echoes: tuple[Prospect, ...]

    def by(self, channel: Channel) -> list[Prospect]:
        return [one for one in self.prospects if one.channel == channel]


def plan_of(month: int, *, size: float = 1.0) -> Plan:
    """`size` makes a smaller month, for the hurried."""
    hand = random.Random(f"dealwire month {month}")
    channels: list[Channel] = [channel for channel, count in BY_CHANNEL.items() for _ in range(max(2, round(count * size)))]
    people = _people(hand, month)
    courses = _courses(hand, len(channels))
    good = [_prospect(hand, next(people), channel, course) for channel, course in zip(channels, courses, strict=True)]
    weak = [_weak_prospect(hand, next(people), number) for number in range(max(1, round(WEAK * size)))]
    return Plan(month, (*good, *weak), tuple(_again(one) for one in hand.sample(good, max(1, round(TWICE * size)))))


class _Person(NamedTuple):
    number: int
    country: words.Country
    first_name: str
    last_name: str
    firm: str

    @property
    def domain(self) -> str:
        return f"{self.firm.casefold().replace(' ', '-')}.example"


def _people(hand: random.Random, month: int) -> Iterator[_Person]:
    """One person a firm. Firms come back in later months with somebody else: that is repeat business."""
    firms = list(enumerate(product(words.FIRM_FIRST, words.FIRM_SECOND)))
    hand.shuffle(firms)
    for number, (firm, name) in enumerate(firms, start=month * NUMBERS_A_MONTH):
        country = words.COUNTRIES[firm % len(words.COUNTRIES)]
        first_name, last_name, age = _colleague(country, firm, month)
        yield _Person(number, country, first_name, last_name, " ".join(name) + age)


def _colleague(country: words.Country, firm: int, month: int) -> tuple[str, str, str]:
    """A firm sends somebody else each month; when all have been, it comes back under a new name."""
    colleagues = list(product(country.first_names, country.last_names))
    age = month // len(colleagues)
    return (*colleagues[(firm + month) % len(colleagues)], f" {age + 1}" if age else "")


def _prospect(hand: random.Random, person: _Person, channel: Channel, course: Course) -> Prospect:
    product_name, (need, price) = hand.choice(list(words.PRODUCTS.items()))
    budget = price * hand.randint(6, 30) // 10
    interest = {"product": product_name, "need": need, "budget": str(budget), "currency": person.country.currency}
    interest["timeline"] = hand.choice(words.SOON)
    firm = {"name": f"{person.firm} {person.country.legal_form}", "domain": person.domain, "country": person.country.code}
    submission = {
        "source": hand.choice({"http": words.WEB_SOURCES, "kafka": words.FEED_SOURCES, "file": (words.FILE_SOURCE,)}[channel]),
        "external_id": f"demo-{person.number}",
        "person": _contact(person) | {"title": hand.choice(words.DECIDERS + words.OTHERS)},
        "company": firm | {"employees": hand.randint(30, 900)},
        "interest": interest,
        "consent": {"marketing": hand.random() < 0.7, "basis": "form"},
        "attribution": {"campaign": f"month-{person.number // NUMBERS_A_MONTH}", "medium": channel},
    }
    offered = Decimal(budget * hand.randint(85, 110) // 100)
    return Prospect(person.number, channel, submission, replace(course, offered=offered))


def _contact(person: _Person) -> dict[str, Any]:
    mail = f"{_plain(person.first_name)}.{_plain(person.last_name)}@{person.domain}"
    phone = f"{person.country.phone}{person.number % 10_000:04d}"
    return {"first_name": person.first_name, "last_name": person.last_name, "email": mail, "phone": phone}


def _plain(name: str) -> str:
    """Without accents: `åkesson` writes from akesson@."""
    return unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()


def _weak_prospect(hand: random.Random, person: _Person, number: int) -> Prospect:
    """Students and the merely curious: the criteria will say no."""
    mail = f"{_plain(person.first_name)}{person.number}@freemail.example"
    who = {"first_name": person.first_name, "last_name": person.last_name, "email": mail, "title": "Student"}
    interest = {"timeline": hand.choice(words.LATER), "notes": "seminar paper"}
    channel: Channel = "http" if number % 2 else "kafka"
    return Prospect(
        person.number, channel, {"source": "web-form", "external_id": f"demo-{person.number}", "person": who, "interest": interest}
    )


def _again(prospect: Prospect) -> Prospect:
    """The same person by another door, with less to say."""
    channel: Channel = "kafka" if prospect.channel == "http" else "http"
    person = {name: prospect.submission["person"][name] for name in ("first_name", "last_name", "email")}
    interest = {"notes": words.ASKED_AGAIN, "timeline": "asap"}
    return Prospect(prospect.number, channel, {"source": "web-form", "person": person, "interest": interest})


def _courses(hand: random.Random, count: int) -> list[Course]:
    endings = [ENDINGS[number % len(ENDINGS)] for number in range(count)]
    hand.shuffle(endings)
    won = iter(_outcomes(hand, endings.count("won")))
    return [next(won) if ending == "won" else _course(hand, ending) for ending in endings]


def _outcomes(hand: random.Random, count: int) -> list[Course]:
    """Customers: most get what they ordered; some are delighted, some not; a few complain. The first few cover every case."""
    answers: list[Answer | None] = [Answer("csat", 5, words.DELIGHTED[0]), Answer("nps", 3, words.DISAPPOINTED[0]), None]
    answers += [Answer("nps", 10, words.DELIGHTED[1]), Answer("csat", 4, words.CONTENT[0]), Answer("csat", 2, words.DISAPPOINTED[1])]
    answers += [Answer("nps", 9, words.DELIGHTED[2]), Answer("csat", 4, words.CONTENT[1]), None, None]
    complaints: list[Complaint | None] = [Complaint(*complaint) for complaint in words.COMPLAINTS]
    return [
        Course(
            **_beginning(hand, "won", words.WON_BECAUSE),
            stage="negotiation",
            fulfilment=_fulfilment(number),
            answer=answers[number % len(answers)] if _fulfilment(number) == "delivered" else None,
            complaint=complaints[number] if number < len(complaints) else None,
        )
        for number in range(count)
    ]


def _fulfilment(number: int) -> Literal["placed", "shipped", "delivered", "cancelled"]:
    others: dict[int, Literal["placed", "shipped", "cancelled"]] = {8: "shipped", 9: "placed", 11: "cancelled", 13: "shipped"}
    return others.get(number, "delivered")


def _course(hand: random.Random, ending: Ending) -> Course:
    furthest = {"lost": STAGES, "open": STAGES[1:]}.get(ending, STAGES[:1])
    return Course(**_beginning(hand, ending, words.LOST_BECAUSE if ending == "lost" else ("",)), stage=hand.choice(furthest))


def _beginning(hand: random.Random, ending: Ending, reasons: Sequence[str]) -> dict[str, Any]:
    talks = {"untouched": 0, "contacted": 1}.get(ending, hand.randint(2, 4))
    return {
        "ending": ending,
        "reason": hand.choice(reasons),
        "calls": tuple((subject, hand.choice((15, 20, 30, 45, 60, 90))) for subject in words.CALLS[:talks]),
        "promise": hand.choice(words.PROMISES) if ending in ("won", "open") and hand.random() < 0.4 else "",
        "expectation": hand.choice(words.EXPECTATIONS),
        "offered": Decimal(0),
    }

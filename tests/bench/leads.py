"""The same submissions for every measurement: plausible, all different, always alike."""

import random
from collections.abc import Iterable, Iterator

from shared.cloudevents import Encoded, encode
from shared.database import new_id, utcnow
from shared.events import Attribution, Company, Consent, Envelope, Event, Interest, LeadSubmitted, Person

FIRST = (
    "Ana",
    "Björn",
    "Chidi",
    "Daria",
    "Emre",
    "Fatima",
    "Goran",
    "Hana",
    "Iván",
    "Jun",
    "Katarzyna",
    "Liam",
    "Mei",
    "Noor",
    "Oskar",
    "Priya",
)
LAST = (
    "Silva",
    "Larsson",
    "Okafor",
    "Petrova",
    "Yılmaz",
    "Haddad",
    "Novak",
    "Suzuki",
    "García",
    "Park",
    "Kowalska",
    "Murphy",
    "Chen",
    "Ali",
)
TITLES = ("CEO", "Head of Purchasing", "Engineer", "Student", "VP Sales", "Office Manager", None)
SUFFIXES = ("GmbH", "Inc.", "Ltd", "S.A.", "AB", "")
COUNTRIES = (("DE", "+49151"), ("SE", "+46701"), ("GB", "+447400"), ("PL", "+48512"), ("FR", "+33612"))
SOURCES = ("web", "fair", "partner", "telemarketing", "mail")


def submissions(count: int, *, start: int = 0) -> Iterator[LeadSubmitted]:
    rng = random.Random(start)
    return (_submission(number, rng) for number in range(start, start + count))


def _submission(number: int, rng: random.Random) -> LeadSubmitted:
    country, prefix = rng.choice(COUNTRIES)
    first, last, email = rng.choice(FIRST), rng.choice(LAST), address_of(number)
    return LeadSubmitted(
        source=rng.choice(SOURCES),
        external_id=f"bench-{number}",
        person=Person(first_name=first, last_name=last, email=email, phone=f"{prefix}{number:06d}", title=rng.choice(TITLES)),
        company=Company(
            name=f"Firm {number // 3} {rng.choice(SUFFIXES)}",
            domain=email.partition("@")[2],
            country=country,
            industry="manufacturing",
            employees=rng.randint(1, 900),
        ),
        interest=Interest(
            product="pump", need="a quieter one", budget=str(rng.randint(1, 90) * 1000), currency="EUR", timeline="this quarter"
        ),
        consent=Consent(marketing=True, basis="form"),
        attribution=Attribution(campaign="spring", medium="mail"),
        submitted_at=utcnow(),
    )


def address_of(number: int) -> str:
    """Three of each company."""
    return f"p{number}@firm{number // 3}.example"


def encoded(events: Iterable[Event]) -> list[Encoded]:
    return [encode(event.in_envelope(_envelope())) for event in events]


def _envelope() -> Envelope:
    event_id = new_id()
    return Envelope(id=event_id, source="/bench", time=utcnow(), correlation_id=event_id)

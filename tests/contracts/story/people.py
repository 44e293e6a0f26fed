"""Who and what the samples are about."""

from datetime import UTC, datetime
from decimal import Decimal

from shared.events import Attribution, Company, Contact, Expectation, Interest, Line, Person, TeamMember


def at(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


def id_made(moment: datetime, number: int) -> str:
    """A UUIDv7 as it would have been made at that moment."""
    milliseconds = f"{int(moment.timestamp() * 1000):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}-7a3e-8d41-{number:012x}"


SUBMITTED = at(3, 2, 9, 30)
SUBMISSION_ID = id_made(SUBMITTED, 0x5B01)
CONSENT_ID = id_made(SUBMITTED, 0x5B02)
LEAD_ID = id_made(at(3, 2, 9, 30, 1), 0x1EAD)
OTHER_LEAD_ID = id_made(at(2, 27, 16, 5), 0x1EAE)
IMPORT_ID = id_made(at(3, 2, 9, 29), 0x1309)
OPPORTUNITY_ID = id_made(at(3, 2, 9, 30, 2), 0x0999)
PROPOSAL_ID = id_made(at(3, 24, 8), 0x9409)
ACCOUNT_ID = id_made(at(4, 14, 15), 0xACC0)
ORDER_ID = "SO-2026-00417"
CASE_ID = id_made(at(7, 6, 5, 40), 0xCA5E)
SURVEY_ID = id_made(at(6, 15, 8), 0x5144)

JONAS, HELENE, TEAM = "jonas.weber", "helene.brandt", "north"

MAREN = Person(
    first_name="Maren", last_name="Petersen", email="maren.petersen@nordlicht.example", phone="+494615550142", title="Head of Production"
)
NORDLICHT = Company(
    name="Nordlicht Brauerei GmbH",
    domain="nordlicht.example",
    country="DE",
    region="Schleswig-Holstein",
    postcode="24937",
    industry="Food and beverage",
    employees=85,
    annual_revenue=Decimal("14500000.00"),
)
BOTTLING = Interest(
    product="filler-24",
    need="Our filler from 1998 does 6,000 bottles an hour and stops twice a shift. We need 12,000 by the summer season.",
    budget=Decimal("480000.00"),
    currency="EUR",
    timeline="running by July",
    notes="The hall has 4.2 m of clearance.",
)
SPRING_FAIR = Attribution(campaign="spring-fair-2026", medium="search", referrer="https://www.bottlers.example/guide")
CONTACT = Contact(contact_id=id_made(at(4, 14, 15), 0xC0), **MAREN.model_dump(), role="decider")
LINES = [
    Line(product="filler-24", quantity=Decimal(1), unit_price=Decimal("412000.00"), currency="EUR"),
    Line(product="installation", quantity=Decimal(5), unit_price=Decimal("1800.00"), currency="EUR"),
]
AMOUNT = Decimal("421000.00")
EXPECTATIONS = [
    Expectation(text="12,000 bottles an hour from the first week", measure="bottles per hour over a shift", due=at(7, 1, 6)),
    Expectation(text="A technician on site within a day", measure="hours from call to arrival"),
]
SELLING_TEAM = [TeamMember(rep_id=JONAS, role="owner", split=Decimal(80)), TeamMember(rep_id=HELENE, role="engineer", split=Decimal(20))]

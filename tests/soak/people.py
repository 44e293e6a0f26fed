"""Who submits what: people that are all different, as plain JSON, and what makes a submission bad."""

import json
import random
from dataclasses import dataclass
from typing import Any

FIRST = ("Ana", "Björn", "Chidi", "Daria", "Emre", "Fatima", "Goran", "Hana", "Iván", "Jun", "Katarzyna", "Liam", "Mei", "Noor")
LAST = ("Silva", "Larsson", "Okafor", "Petrova", "Yılmaz", "Haddad", "Novak", "Suzuki", "García", "Park", "Kowalska", "Murphy")
TITLES = ("CEO", "Head of Purchasing", "Engineer", "Student", "Office Manager")
COUNTRIES = ("DE", "SE", "GB", "FR", "US", "JP")
SOURCES = ("web", "fair", "partner", "telemarketing", "mail")
EAGER = {"product": "pump", "currency": "EUR", "timeline": "this quarter"}
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Someone:
    """The `number`th person; whoever has the same number is the same person."""

    number: int

    @property
    def email(self) -> str:
        return f"p{self.number}@firm{self.number}.example"

    @property
    def phone(self) -> str:
        return f"+4915{11_0000000 + self.number}"

    def submits(self, rng: random.Random) -> Fields:
        """For the first time; four of ten say too little to be qualified at once."""
        name = {"first_name": rng.choice(FIRST), "last_name": rng.choice(LAST), "title": rng.choice(TITLES)}
        employees, domain = rng.randint(1, 900), f"firm{self.number}.example"
        return {
            "source": rng.choice(SOURCES),
            "person": name | {"email": self.email, "phone": self.phone},
            "company": {"name": f"Firm{self.number} Works", "domain": domain, "country": rng.choice(COUNTRIES), "employees": employees},
            "interest": EAGER | {"budget": str(rng.randint(5, 20) * 1000)} if rng.random() < 0.6 else {},
            "consent": {"marketing": rng.random() < 0.5},
        }

    def submits_again(self, rng: random.Random) -> Fields:
        """By another channel, and by another part of what they are known by."""
        known_by = rng.choice(({"email": self.email.upper()}, {"phone": self.phone}, {"email": self.email, "phone": self.phone}))
        return {
            "source": rng.choice(SOURCES),
            "person": known_by,
            "interest": {"need": "a quieter one", "budget": "90000", "currency": "EUR"},
        }

    def is_refused(self) -> Fields:
        """Readable, and against a rule."""
        return {"source": "web", "person": {"first_name": "<script>alert(1)</script>", "email": self.email}}


def unreadable(rng: random.Random, number: int) -> bytes | None:
    return rng.choice(
        (
            b'{"source": "web", "person": {"email": "broken@firm.example"',
            b"\xff\xfe\x00 not text",
            b"[1, 2, 3]",
            None,
            json.dumps({"source": "web", "person": {"first_name": f"Nobody {number}"}}).encode(),
            json.dumps({"source": "web", "person": "not an object"}).encode(),
            json.dumps({"source": "web", "person": {"email": "a@b.example"}, "interest": {"budget": "-5", "currency": "EUR"}}).encode(),
        )
    )

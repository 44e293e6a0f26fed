"""What was parked of an erased person, whatever service parked it."""

from hashlib import sha256
from typing import Any

import pytest

from services.accounts.main import service as accounts
from services.console.main import service as console
from services.notifications.main import service as notifications
from services.opportunities.main import service as opportunities
from shared.app import Service
from shared.database import utcnow
from shared.events import PersonErased
from tests.conftest import DatabaseOf
from tests.road import hear, hear_raw, raw

ADA = sha256(b"ada@acme.example").hexdigest()
TOPICS = {"accounts": "deal.closed", "console": "deal.closed", "notifications": "deal.closed", "opportunities": "lead.qualified"}


@pytest.mark.parametrize("service", [accounts, console, notifications, opportunities], ids=lambda service: service.name)
async def test_it_is_wiped_where_it_names_their_address_or_their_lead(database_of: DatabaseOf, service: Service) -> None:
    db = await database_of(service.name)
    values = [b'{"person": {"email": "ADA@acme.example"}}', b'{"lead_id": "l1"}', b'{"person": {"email": "bo@acme.example"}}']
    topic = TOPICS[service.name]
    await hear_raw(service, db, *(raw(topic, value, offset=offset) for offset, value in enumerate(values)))
    await hear(service, db, PersonErased(person_id="p1", lead_ids=["l1"], email_hashes=[ADA], erased_at=utcnow()))
    rows: list[dict[str, Any]] = await db.collection("parked").find().sort("offset", 1).to_list(None)
    assert [(row["status"], row["value"]) for row in rows] == [("discarded", None), ("discarded", None), ("parked", values[2])]

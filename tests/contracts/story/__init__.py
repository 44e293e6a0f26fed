"""One sale from first interest to renewal, as every event of the catalogue tells it: the samples that are checked in.

Maren Petersen of the brewery Nordlicht asks for a bottling line, Jonas Weber sells it to her, and Nordlicht stays a customer.
"""

from shared.events import Event
from tests.contracts.story import account, lead, notification, opportunity

SAMPLES: dict[str, Event] = {event.topic: event for part in (lead, opportunity, account, notification) for event in part.EVENTS}

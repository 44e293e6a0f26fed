"""Jonas hears of his lead."""

from shared.events import NotificationFailed, NotificationSent
from tests.contracts.story.people import JONAS, at, id_made

TOLD = at(3, 2, 9, 30, 3)
ASSIGNMENT = id_made(at(3, 2, 9, 30, 2), 0xA551)

EVENTS = (
    NotificationSent(
        notification_id=id_made(TOLD, 0x7E11),
        version=1,
        recipient_id=JONAS,
        channel="in_app",
        kind="lead.assigned",
        title="Lead assigned",
        about_event_id=ASSIGNMENT,
        sent_at=TOLD,
    ),
    NotificationFailed(
        notification_id=id_made(TOLD, 0x7E12),
        version=4,
        recipient_id=JONAS,
        channel="mail",
        kind="lead.assigned",
        title="Lead assigned",
        about_event_id=ASSIGNMENT,
        sent_at=TOLD,
        error="550 5.1.1 mailbox unknown",
        attempts=4,
    ),
)

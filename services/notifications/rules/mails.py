"""The mail that carries one notification, or many."""

from collections.abc import Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr

from services.notifications.models import Notification, Recipient
from services.notifications.rules.deliveries import Mail
from services.notifications.rules.rendering import Rendered, page_of
from shared.errors import Invalid

MOST_LISTED = 200


def written(mail: Mail, notifications: Sequence[Notification], recipient: Recipient, sender: str) -> EmailMessage:
    """The same mail gets the same Message-ID whenever it is written. Raises Invalid when the address is none."""
    words = _only(notifications[0]) if len(notifications) == 1 else _listed(notifications)
    message = EmailMessage()
    message["From"] = sender
    message["To"] = _address_of(recipient)
    message["Subject"] = words.title
    message["Date"] = notifications[0].created_at
    message["Message-ID"] = f"<{mail.id}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(words.text)
    message.add_alternative(words.html or page_of(words.text), subtype="html")
    return message


def _address_of(recipient: Recipient) -> Address:
    try:
        return Address(" ".join(recipient.name.split()), addr_spec=recipient.email or "")
    except (MessageError, ValueError, IndexError):
        raise Invalid(f"{recipient.id} has no usable mail address", field="email", rule="email") from None


def _only(notification: Notification) -> Rendered:
    return Rendered(notification.title, notification.text, notification.html)


def _listed(notifications: Sequence[Notification]) -> Rendered:
    count = len(notifications)
    lines = [f"- {notification.title}" for notification in notifications[:MOST_LISTED]]
    if count > MOST_LISTED:
        lines.append(f"and {count - MOST_LISTED} more")
    text = "\n".join([f"{count} at once:", "", *lines])
    return Rendered(f"{notifications[0].title[:200]}, and {count - 1} more", text)

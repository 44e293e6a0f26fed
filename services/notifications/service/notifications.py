"""What people have been told: read, and marked as read."""

from services.notifications import store
from services.notifications.models import Notification
from shared.transaction import Transaction


async def mark_read(tx: Transaction, notification_id: str, recipient_id: str) -> Notification:
    """One's own only; reading it twice changes nothing."""
    notification = await store.get(tx, Notification, notification_id, store.shown_to(recipient_id))
    if not notification.unread:
        return notification
    read = {"unread": False, "read_at": tx.now, "updated_at": tx.now, "version": notification.version + 1}
    notification = notification.model_copy(update=read)
    await store.save(tx, [notification])
    return notification


async def mark_all_read(tx: Transaction, recipient_id: str) -> int:
    return await store.mark_all_read(tx, recipient_id)

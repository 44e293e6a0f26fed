"""Dealwire notifications: tells people what concerns them."""

from functools import cache

from services.notifications import store
from services.notifications.api import router
from services.notifications.consumers import subscriptions, timers
from services.notifications.mail import MailServer
from services.notifications.service import Postman, seed_rulebook
from shared.app import Service
from shared.database import Database
from shared.events import NotificationFailed, NotificationSent
from shared.settings import Settings
from shared.work import Worker


@cache
def postman() -> Postman:
    return Postman(MailServer.of(Settings.of("notifications")))


async def send_mails(db: Database) -> int:
    return await postman().send_due(db)


service = Service(
    name="notifications",
    port=8104,
    hears=subscriptions,
    says=(NotificationSent, NotificationFailed),
    router=router,
    indexes=store.INDEXES,
    timers=timers,
    workers=(Worker("mail", work=send_mails),),
    seed=seed_rulebook,
)

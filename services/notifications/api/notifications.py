"""What one has been told oneself; and, for those who run things, how telling people went."""

from fastapi import APIRouter, Request, Response

from services.notifications import service, store
from services.notifications.api.roles import KEEPERS, PEOPLE
from services.notifications.api.views import DeliveryView, NotificationView, ReadView
from services.notifications.models import Delivery, DeliveryState, Notification
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(tags=["notifications"])
NOTIFICATIONS = Listing(
    store.COLLECTIONS[Notification],
    view=NotificationView.of,
    sorts=("created_at",),
    default_sort="-created_at",
    filters={"unread": bool, "kind": str},
)
DELIVERIES = Listing(
    store.COLLECTIONS[Delivery],
    view=DeliveryView.of,
    sorts=("created_at",),
    default_sort="-created_at",
    filters={"state": DeliveryState, "kind": str, "recipient_id": str},
)


@router.get("/notifications", openapi_extra=NOTIFICATIONS.described)
async def list_notifications(door: Door, request: Request) -> Page[NotificationView]:
    """One's own, the latest first."""
    door.allow(*PEOPLE)
    return await NOTIFICATIONS.page(door.db, request.query_params, scope=store.shown_to(door.principal.subject))


@router.get("/notifications/{notification_id}", response_model=NotificationView)
async def show_notification(door: Door, notification_id: str) -> Response:
    door.allow(*PEOPLE)
    own = store.shown_to(door.principal.subject)
    return door.answer(NotificationView.showing(await store.get(door.db, Notification, notification_id, own)))


@router.post("/notifications/{notification_id}/read", response_model=NotificationView)
async def read_notification(door: Door, notification_id: str) -> Response:
    door.allow(*PEOPLE)
    reader = door.principal.subject
    return await door.command(lambda tx: service.mark_read(tx, notification_id, reader), view=NotificationView.showing)


@router.post("/notifications/read-all", response_model=ReadView)
async def read_all_notifications(door: Door) -> Response:
    door.allow(*PEOPLE)
    reader = door.principal.subject
    return await door.command(lambda tx: service.mark_all_read(tx, reader), view=lambda count: ReadView(read=count))


@router.get("/deliveries", openapi_extra=DELIVERIES.described)
async def list_deliveries(door: Door, request: Request) -> Page[DeliveryView]:
    """Mails with what came of them, and what reached nobody, with the reason."""
    door.allow(*KEEPERS)
    return await DELIVERIES.page(door.db, request.query_params)

"""What this service keeps."""

from services.notifications.models.defaults import DEFAULT_RULES, DEFAULT_TEMPLATES
from services.notifications.models.news import NEWS, NEWS_TOPICS
from services.notifications.models.notification import Answer, Delivery, DeliveryState, Notification, Origin, Outsider, notification_id_of
from services.notifications.models.recipient import Preferences, Recipient
from services.notifications.models.rule import Addressee, Channel, Condition, Rule, Slug, Template
from services.notifications.models.subject import Noun, Subject, subject_key

__all__ = [name for name in dir() if name[0].isupper()] + ["notification_id_of", "subject_key"]

"""What this service does: telling people, and being told whom and how."""

from services.notifications.service.changes import Edit
from services.notifications.service.consents import ask_for_consent
from services.notifications.service.mails import Postman
from services.notifications.service.news import INTRODUCTION, hear_news, tell_unintroduced
from services.notifications.service.notifications import mark_all_read, mark_read
from services.notifications.service.recipients import add_recipient, change_recipient, follow_roster
from services.notifications.service.rulebook import (
    add_rule,
    add_template,
    change_rule,
    change_template,
    delete_rule,
    delete_template,
    seed_rulebook,
)
from services.notifications.service.subjects import forget_person

__all__ = [
    "INTRODUCTION",
    "Edit",
    "Postman",
    "add_recipient",
    "add_rule",
    "add_template",
    "ask_for_consent",
    "change_recipient",
    "change_rule",
    "change_template",
    "delete_rule",
    "delete_template",
    "follow_roster",
    "forget_person",
    "hear_news",
    "mark_all_read",
    "mark_read",
    "seed_rulebook",
    "tell_unintroduced",
]

"""What can be decided without waiting for anything."""

from services.notifications.rules.addressing import Directory, Situation, addressed
from services.notifications.rules.conditions import check_condition, facts_of, holds
from services.notifications.rules.consents import consent_mail, person_key, template_ids
from services.notifications.rules.deliveries import Mail, after, gathered, rest_of
from services.notifications.rules.mails import written
from services.notifications.rules.rendering import Rendered, check_template, check_zone, page_of, render
from services.notifications.rules.subjects import follows, forgotten, is_news, key_of, learned, situation_of
from services.notifications.rules.telling import Telling, delivery_of, drafted, mailed_now, tellings, undeliverable, worded, words_about

__all__ = [
    "Directory",
    "Mail",
    "Rendered",
    "Situation",
    "Telling",
    "addressed",
    "after",
    "check_condition",
    "check_template",
    "check_zone",
    "consent_mail",
    "delivery_of",
    "drafted",
    "facts_of",
    "follows",
    "forgotten",
    "gathered",
    "holds",
    "is_news",
    "key_of",
    "learned",
    "mailed_now",
    "page_of",
    "person_key",
    "render",
    "rest_of",
    "situation_of",
    "tellings",
    "template_ids",
    "undeliverable",
    "worded",
    "words_about",
    "written",
]

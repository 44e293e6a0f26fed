"""The mail that asks somebody, who is none of ours, whether they agree."""

from collections.abc import Mapping
from datetime import datetime

from services.notifications.models import Notification, Origin, Outsider, Template, notification_id_of, subject_key
from services.notifications.rules.rendering import render
from shared.errors import Invalid
from shared.events import ConsentRequested
from shared.events.people import email_hash

USUAL_LANGUAGE = "en"


def person_key(request: ConsentRequested) -> str:
    return subject_key("person", email_hash(request.email))


def template_ids(request: ConsentRequested) -> tuple[str, str]:
    """In the person's language, or else in the usual one."""
    return f"{request.topic}.{request.language}", f"{request.topic}.{USUAL_LANGUAGE}"


def consent_mail(request: ConsentRequested, templates: Mapping[str, Template], now: datetime) -> Notification:
    """It is about the person as erasing knows them: by the hash of their address. Raises Invalid when no template can say it."""
    template = next((templates[name] for name in template_ids(request) if name in templates), None)
    if template is None:
        raise Invalid(f"There is no template {template_ids(request)[1]}", field="template_id", rule="exists")
    words = render(template, {"event": request.model_dump(), "zone": "UTC", "now": now})
    name = " ".join(part for part in (request.first_name, request.last_name) if part)
    return Notification(
        id=notification_id_of(request.envelope.identity, "mail"),
        created_at=now,
        updated_at=now,
        recipient_id=f"consent:{request.consent_id}",
        channel="mail",
        kind=request.topic,
        title=words.title,
        text=words.text,
        html=words.html,
        about=person_key(request),
        rule_id=request.topic,
        origin=Origin.of(request.envelope),
        status="pending",
        to=Outsider(name=name, email=request.email),
    )

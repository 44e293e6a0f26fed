"""The rules and the words that a new Dealwire begins with."""

from datetime import UTC, datetime

from services.notifications.models.rule import Channel, Rule, Template

_BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
_IN_APP: list[Channel] = ["in_app"]
_BOTH: list[Channel] = ["in_app", "mail"]


def _template(template_id: str, subject: str, text: str, html: str | None = None) -> Template:
    return Template(id=template_id, created_at=_BEGINNING, updated_at=_BEGINNING, subject=subject, text=text, html=html, builtin=True)


def _rule(rule_id: str, name: str, recipients: list[str], channels: list[Channel], *, on: str = "", condition: str | None = None) -> Rule:
    """The template has the rule's id; so has the topic, unless `on` names it."""
    return Rule(
        id=rule_id,
        created_at=_BEGINNING,
        updated_at=_BEGINNING,
        name=name,
        on=on or rule_id,
        condition=condition,
        recipients=recipients,
        channels=channels,
        template_id=rule_id,
        builtin=True,
    )


_CONSENT_PAGE = """<!doctype html>
<html><body style="font-family: sans-serif; line-height: 1.5; max-width: 36em; color: #1c2024">
<p>{greeting}</p>
<p>{opening}</p>
<blockquote style="margin: 0; padding: 0.5em 1em; border-left: 3px solid #0b6e5f">{{{{ event.text }}}}</blockquote>
<p><a href="{{{{ event.link }}}}" style="display: inline-block; padding: 0.7em 1.4em; border-radius: 8px; background: #0b6e5f;
color: #ffffff; text-decoration: none; font-weight: bold">{button}</a></p>
<p style="color: #5c6470; font-size: 0.9em">{closing}</p>
</body></html>
"""


def _consent_template(language: str, subject: str, **words: str) -> Template:
    """The same words as text, with the link written out, and as a page with a button."""
    text = "\n\n".join(
        [words["greeting"], words["opening"], "{{ event.text }}", f"{words['button']}:\n{{{{ event.link }}}}", words["closing"]]
    )
    return _template(f"consent.requested.{language}", subject, text, _CONSENT_PAGE.format(**words))


DEFAULT_TEMPLATES = (
    _consent_template(
        "en",
        "Please confirm: {{ event.sender }}",
        greeting="Hello{% if event.first_name %} {{ event.first_name }}{% endif %},",
        opening="{{ event.sender }} would like to write to you. Please confirm that it was you who asked for it, and that you agree:",
        button="Confirm",
        closing="The link works until {{ event.expires_at | when }}. If you did not ask for this, do nothing: you will hear no more of it.",
    ),
    _consent_template(
        "de",
        "Bitte bestätigen: {{ event.sender }}",
        greeting="Guten Tag{% if event.first_name %} {{ event.first_name }}{% endif %},",
        opening="{{ event.sender }} möchte Ihnen schreiben. Bitte bestätigen Sie, dass Sie das wünschen und einverstanden sind:",
        button="Bestätigen",
        closing="Der Link gilt bis {{ event.expires_at | when }}. Kam das nicht von Ihnen, brauchen Sie nichts zu tun.",
    ),
    _template(
        "lead.assigned",
        "New lead for you: {{ about }}, answer by {{ event.respond_by | when }}",
        "{{ about }} is now yours.\n\nPlease answer by {{ event.respond_by | when }}.\n\nWhy you: {{ event.reason }}",
    ),
    _template(
        "lead.reassigned",
        "{{ about }} went to {{ owner }}",
        "{{ about }} is no longer yours: it went to {{ owner }}.\n\nWhy: {{ event.reason }}",
    ),
    _template(
        "lead.response_due",
        "Answer {{ about }} by {{ event.respond_by | when }}",
        "{{ about }} is still waiting for an answer, which is due {{ event.respond_by | when }}.",
    ),
    _template(
        "lead.returned",
        "Given back: {{ about }}",
        "{{ owner }} gave {{ about }} back.\n\nWhy: {{ event.reason }}",
    ),
    _template(
        "lead.response_overdue",
        "Overdue: {{ about }} is still waiting for an answer",
        "{{ about }} was to hear from {{ owner }} by {{ event.respond_by | when }} and has not.",
    ),
    _template(
        "import.finished",
        "{{ about }} {{ 'has been taken back' if event.outcome == 'undone' else 'has been read' }}",
        "{% if event.outcome == 'undone' %}{{ event.withdrawn }} leads of {{ about }} are gone; {{ event.kept }} stay, because somebody "
        "works with them.{% else %}{{ event.rows }} rows of {{ about }}: {{ event.accepted }} taken, {{ event.refused }} refused."
        "{% endif %}",
    ),
    _template(
        "opportunity.stalled",
        "{{ about }} has not moved for {{ (event.idle_seconds / 86400) | round | int }} days",
        "{{ about }} has been in {{ event.stage }} since {{ event.entered_at | when }} and nothing happens.\n\nWhat is the next step?",
    ),
    _template(
        "commitment.missed",
        "Missed: {{ event.text | truncate(80) }}",
        "{{ about }}: {{ event.promisor }} promised {{ event.counterparty }} by {{ event.due | when }}:\n\n{{ event.text }}",
    ),
    _template(
        "proposal.decided",
        "Proposal {{ event.decision }}: {{ about }}",
        "The proposal to {{ about }} was {{ event.decision }}.{% if event.reason %}\n\nWhy: {{ event.reason }}{% endif %}",
    ),
    _template(
        "deal.won",
        "Won: {{ about }}{% if event.amount is not none %}, {{ event.amount | money(event.currency) }}{% endif %}",
        "{{ owner }} won {{ about }}.\n\nWhy: {{ event.reason }}",
    ),
    _template("deal.lost", "Lost: {{ about }} ({{ event.reason }})", "{{ owner }} lost {{ about }}.\n\nWhy: {{ event.reason }}"),
    _template("deal.reopened", "Open again: {{ about }}", "{{ about }} is open again, in {{ event.stage }}.\n\nWhy: {{ event.reason }}"),
    _template(
        "order.fulfilled",
        "Delivered to {{ about }}",
        "Order {{ event.order_id }} of {{ about }} was delivered {{ event.fulfilled_at | when }}.",
    ),
    _template(
        "follow_up.due",
        "Follow up with {{ about }}: {{ event.subject }}",
        "{{ event.subject }}\n\nDue {{ event.due | when }}, with {{ about }}.",
    ),
    _template(
        "satisfaction.missed",
        "{{ about }} expected more: {{ event.score }} of 100",
        "{{ about }} answered with {{ event.score }} of 100: what they expected was not met.",
    ),
    _template(
        "case.opened",
        "New {{ event.severity }} case: {{ about }}",
        "{{ event.contact.name or event.contact.email }} asks for help:\n\n{{ about }}\n\nAnswer by {{ event.respond_by | when }}.",
    ),
    _template(
        "case.overdue",
        "Overdue: {{ event.severity }} case {{ about }}",
        "{{ about }} was to be answered by {{ event.respond_by | when }} and has not been.",
    ),
    _template(
        "account.at_risk", "{{ about }} is at risk", "Health of {{ about }}: {{ event.health }} of 100.\n\n{{ event.reasons | join('\n') }}"
    ),
    _template(
        "renewal.due",
        "Renewal: {{ about }} until {{ event.ends_at | when }}",
        "The contract with {{ about }} ends {{ event.ends_at | when }}.",
    ),
)

DEFAULT_RULES = (
    _rule("lead.assigned", "A new lead: tell the owner", ["owner"], _BOTH),
    _rule(
        "lead.reassigned",
        "A lead went elsewhere",
        ["previous_owner"],
        _IN_APP,
        on="lead.assigned",
        condition="has(event.previous_owner_id)",
    ),
    _rule("lead.response_due", "A response is due soon", ["owner"], _BOTH),
    _rule("lead.returned", "Sales gave a lead back", ["manager"], _IN_APP),
    _rule("lead.response_overdue", "A lead waits too long", ["owner", "manager"], _BOTH),
    _rule("import.finished", "A file of leads has been read: tell who handed it in", ["owner"], _IN_APP),
    _rule("opportunity.stalled", "A sale stands still", ["owner"], _IN_APP),
    _rule("commitment.missed", "A promise was not kept", ["owner"], _BOTH),
    _rule("proposal.decided", "A proposal was decided", ["owner"], _IN_APP),
    _rule("deal.won", "A deal was won", ["team", "manager"], _IN_APP, on="deal.closed", condition='event.outcome == "won"'),
    _rule("deal.lost", "A deal was lost", ["manager"], _IN_APP, on="deal.closed", condition='event.outcome == "lost"'),
    _rule("deal.reopened", "A deal is open again", ["owner", "manager"], _IN_APP),
    _rule("order.fulfilled", "An order was delivered", ["owner"], _IN_APP),
    _rule("follow_up.due", "Time to follow up", ["owner"], _BOTH),
    _rule(
        "satisfaction.missed",
        "A customer expected more",
        ["owner", "manager"],
        _BOTH,
        on="satisfaction.recorded",
        condition='event.against_expectation == "missed"',
    ),
    _rule("case.opened", "A customer asks for help", ["owner", "role:agent"], _BOTH),
    _rule("case.overdue", "A case waits too long", ["owner", "manager", "role:agent"], _BOTH),
    _rule("account.at_risk", "A customer may leave", ["owner", "manager"], _BOTH),
    _rule("renewal.due", "A contract ends", ["owner"], _BOTH),
)

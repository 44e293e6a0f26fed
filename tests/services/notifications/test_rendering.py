"""Words: what people read, and what a template may not do."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from services.notifications.models import DEFAULT_RULES, DEFAULT_TEMPLATES
from services.notifications.rules import check_template, page_of, render
from shared.errors import Invalid
from shared.events import catalogue
from tests.services.notifications.builders import a_template

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
FACTS: dict[str, Any] = {"event": {}, "about": "Ana Silva at Acme", "owner": "Rita", "zone": "UTC", "now": NOON}


def words(subject: str, **facts: Any) -> str:
    return render(a_template(subject=subject), FACTS | facts).title


def test_times_are_told_by_the_readers_clock() -> None:
    assert words("{{ t | when }}", t=datetime(2026, 7, 1, 14, 30, tzinfo=UTC)) == "14:30 UTC"
    assert words("{{ t | when }}", t=datetime(2026, 7, 1, 13, 30, tzinfo=UTC), zone="Europe/Lisbon") == "14:30 WEST"
    assert words("{{ t | when }}", t=datetime(2026, 7, 2, 13, 5, tzinfo=UTC)) == "Thu 2 Jul 2026, 13:05 UTC"


def test_amounts_are_told_with_their_currency() -> None:
    assert words("{{ a | money('EUR') }}", a=Decimal("12000")) == "12,000.00 EUR"


def test_html_is_made_from_the_text_and_names_cannot_break_out_of_it() -> None:
    rendered = render(a_template(text="Call {{ about }}.\n\nToday\nor tomorrow"), FACTS | {"about": "<script>alert(1)</script> & Sons"})
    assert "<script>" in rendered.text
    page = page_of(rendered.text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons" in page
    assert "Today<br>" in page


def test_a_templates_own_html_is_escaped_too() -> None:
    assert render(a_template(html="<b>{{ about }}</b>"), FACTS | {"about": "<i>"}).html == "<b>&lt;i&gt;</b>"


def test_a_title_is_one_short_line() -> None:
    title = words("{{ about }}", about="Ana\r\nBcc: everyone@example.com " + "x" * 900)
    assert title.startswith("Ana Bcc:")
    assert len(title) == 300


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%1000000000s' % 1 }}",
        "{{ range(1000000000) | join }}",
        "{{ 1 / 0 }}",
        "{{ event.nothing.at_all }}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
    ],
)
def test_what_a_template_must_not_or_cannot_do_is_refused_by_name(source: str) -> None:
    with pytest.raises(Invalid) as refused:
        render(a_template(text=source), FACTS)
    assert refused.value.violations[0].field == "text"


def test_a_template_that_does_not_compile_names_part_and_line() -> None:
    with pytest.raises(Invalid) as refused:
        check_template(a_template(subject="{{ about }", text="fine\n{% if %}", html="{{ about | no_such_filter }}"))
    found = {one.field: one.detail for one in refused.value.violations}
    assert set(found) == {"subject", "text", "html"}
    assert found["text"].startswith("line 2:")


def test_the_templates_that_come_with_dealwire_compile_and_every_default_rule_has_its_own() -> None:
    for template in DEFAULT_TEMPLATES:
        check_template(template)
    for_rules = {template.id for template in DEFAULT_TEMPLATES if not template.id.startswith("consent.requested.")}
    assert {rule.template_id for rule in DEFAULT_RULES} == for_rules
    assert {rule.on for rule in DEFAULT_RULES} <= set(catalogue())

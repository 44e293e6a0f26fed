"""Templates become words. They run in a sandbox: what an administrator writes must not reach further than its event."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import TemplateError, pass_context
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError

from services.notifications.models import Template
from services.notifications.models.notification import MAX_TITLE
from shared.errors import Invalid, Violation

MAX_TEXT = 50_000
# Others can make a string of any length out of nothing.
_FILTERS = (
    "capitalize",
    "default",
    "e",
    "escape",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "lower",
    "round",
    "sort",
    "title",
    "trim",
)
_PAGE = """<!doctype html>
<html><body style="font-family: sans-serif; line-height: 1.5; max-width: 40em">
{% for paragraph in text.split("\n\n") %}<p>
{% for line in paragraph.split("\n") %}{{ line }}{% if not loop.last %}<br>{% endif %}
{% endfor %}</p>
{% endfor %}</body></html>
"""
_MISTAKES = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Rendered:
    """`html` only where the template has its own."""

    title: str
    text: str
    html: str | None = None


class _Sandbox(ImmutableSandboxedEnvironment):
    """Without the short ways to make much out of little."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(autoescape=autoescape, trim_blocks=False)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _FILTERS} | {"when": when, "money": money, "truncate": truncate}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, int | float | Decimal) and isinstance(right, int | float | Decimal) and operator == "*":
            return super().call_binop(context, operator, left, right)
        raise SecurityError(f"{operator} is for multiplying numbers only")


@pass_context
def when(context: Context, moment: datetime | None) -> str:
    """`14:30 WET` if that is today, else `Tue 24 Nov 2026, 14:30 WET`, by the recipient's clock."""
    if moment is None or isinstance(moment, Undefined):
        return ""
    zone = ZoneInfo(context["zone"])
    there, today = moment.astimezone(zone), context["now"].astimezone(zone).date()
    return there.strftime("%H:%M %Z" if there.date() == today else "%a %-d %b %Y, %H:%M %Z")


def money(amount: Decimal | None, currency: str | None = None) -> str:
    return "" if amount is None or isinstance(amount, Undefined) else f"{amount:,.2f} {currency or ''}".strip()


def truncate(text: str, length: int = 100) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


_PLAIN, _HTML = _Sandbox(autoescape=False), _Sandbox(autoescape=True)


def render(template: Template, facts: Mapping[str, Any]) -> Rendered:
    """Raises Invalid, naming the part of the template, when these facts can't be put into these words."""
    title = " ".join(_words("subject", template.subject, facts).split())
    text = _words("text", template.text, facts).strip()
    html = _words("html", template.html, facts) if template.html else None
    return Rendered(title[:MAX_TITLE], text, html)


def page_of(text: str) -> str:
    """A plain text as a simple HTML page."""
    page: str = _compiled(_PAGE, html=True).render(text=text)
    return page


def _words(part: str, source: str, facts: Mapping[str, Any]) -> str:
    try:
        words: str = _compiled(source, html=part == "html").render(facts)
    except _MISTAKES as error:
        raise Invalid(f"The {part} cannot be rendered: {error}"[:1_000], field=part, rule="template") from None
    return words[:MAX_TEXT]


@lru_cache(maxsize=1_000)
def _compiled(source: str, *, html: bool) -> Any:
    return (_HTML if html else _PLAIN).from_string(source)


def check_template(template: Template) -> None:
    """Raises Invalid, naming each part that does not compile, and the line."""
    parts = {"subject": template.subject, "text": template.text, "html": template.html}
    wrong = tuple(violation for part, source in parts.items() if source and (violation := _mistake_in(part, source)))
    if wrong:
        raise Invalid("The template cannot be read", violations=wrong)


def _mistake_in(part: str, source: str) -> Violation | None:
    try:
        _compiled(source, html=part == "html")
    except TemplateError as error:
        return Violation(part, "template", f"line {getattr(error, 'lineno', 1)}: {error.message}")
    return None


def check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise Invalid(f"{zone} is no time zone: use a name such as Europe/Lisbon", field="preferences.zone", rule="zone") from None

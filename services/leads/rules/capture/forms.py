"""What somebody wrote into a form, as a submission; and what is wrong with it, field by field."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from services.leads.models import FormField, FormSettings
from services.leads.models.forms import PATHS
from services.leads.rules.capture.identity import taken_in
from shared.errors import Invalid, Violation
from shared.events import LeadSubmitted
from shared.violations import violations_of

Values = Mapping[str, str]
Data = dict[str, Any]
CONSENT = "consent"
_ASK_FOR_NUMBERS = ("budget", "employees")
MOST_TEXT = 20_000
_NAMES = {path: name for name, path in PATHS.items()}
# Every form has one of them.
_WHO = ("email", "phone", "last_name")
_NUMBERS = re.compile(r"\d[\d.,'\s]*")
_GROUPED = re.compile(r"(\d{1,3}(?:[.,'\s]\d{3})+)(?:[.,](\d{1,2}))?")
_PLAIN_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WORDS = re.compile(r"[^\W\d_]+")
# Behind these a number is not what it looks like.
_MULTIPLIERS = re.compile(r"k|t|tsd|thousand|tausend|mille|mil|m|mn|mio|million(?:s|en)?|b|bn|mrd|billion|milliarden?|lakh|crore")


def written_in(form: FormSettings, posted: Mapping[str, Any]) -> dict[str, str]:
    """By the name of each field that the form has; whatever else was posted is left behind."""
    names = [field.name for field in form.fields] + ([CONSENT] if form.consent_text else [])
    return {name: _text(posted.get(name)) for name in names}


def _text(value: Any) -> str:
    return value[:MOST_TEXT].replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def submission_in(form: FormSettings, values: Values, fixed: Data, now: datetime) -> Data:
    """The data of a `lead.submitted`, not checked yet; `fixed` is what the form doesn't ask."""
    data: Data = {"attributes": {}, **fixed, "submitted_at": now.isoformat()}
    for name, text in values.items():
        if text and name != CONSENT:
            part, _, field = PATHS.get(name, name).partition(".")
            data.setdefault(part, {})[field] = _number(text) if name in _ASK_FOR_NUMBERS else text
    if data.get("interest", {}).get("budget"):
        data["interest"]["currency"] = form.currency
    if form.consent_text and values.get(CONSENT):
        data["consent"] = {"marketing": True, "basis": "form", "given_at": now.isoformat()}
    return data


def check_choices(form: FormSettings) -> None:
    """Raises Invalid for choices of which nobody could send any: where a number is asked for, a range is none."""
    for place, field in enumerate(form.fields):
        for choice in field.choices if field.name in _ASK_FOR_NUMBERS else ():
            if not _PLAIN_NUMBER.fullmatch(_number(choice)):
                detail = f"{choice} is no number, which {field.name} asks for; as attributes.{field.name} it may be anything"
                raise Invalid(detail, field=f"fields.{place}.choices", rule="number")


def _number(text: str) -> str:
    """`20.000 €` and `20,000` are the same to those who write them. What is more, or less, than one number stays as it is."""
    numbers, words = _NUMBERS.findall(text), _WORDS.findall(text.casefold())
    if len(numbers) != 1 or text.startswith("-") or any(map(_MULTIPLIERS.fullmatch, words)):
        return text
    digits: str = numbers[0].rstrip(".,' ")
    grouped = _GROUPED.fullmatch(digits)
    if grouped is None:
        return digits.replace(",", ".")
    whole = re.sub(r"\D", "", grouped[1])
    return f"{whole}.{grouped[2]}" if grouped[2] else whole


def left_out(form: FormSettings, values: Values) -> list[Violation]:
    """What must be there and is not, and what is none of the choices."""
    wrong = [found for field in form.fields if (found := _missing(field, values.get(field.name, "")))]
    if form.consent_text and form.consent_required and not values.get(CONSENT):
        wrong.append(Violation(CONSENT, "consent", "must be given"))
    return wrong


def _missing(field: FormField, text: str) -> Violation | None:
    if field.required and not text:
        return Violation(field.name, "required", "is required")
    if field.choices and text and text not in field.choices:
        return Violation(field.name, "choice", "must be one of the choices")
    return None


def understood(data: Data) -> LeadSubmitted | list[Violation]:
    try:
        return LeadSubmitted.model_validate(data)
    except ValidationError as error:
        return list(violations_of(error))


def useless(submission: LeadSubmitted) -> list[Violation]:
    """Elsewhere an address that is none is left out and the rest is taken; who is still at the form can put it right."""
    lost = {one["field"] for one in taken_in(submission).parts["corrections"] if one["now"] is None}
    return [Violation(path, path.rpartition(".")[2], "is none") for path in ("person.email", "person.phone") if path in lost]


def at_fields(form: FormSettings, violations: Iterable[Violation]) -> dict[str, str]:
    """The rule that is broken, by the field of the form; what belongs to no field that is there is told where they say who they are."""
    shown = [field.name for field in form.fields] + [CONSENT]
    elsewhere = next(name for name in _WHO if name in shown)
    rules: dict[str, str] = {}
    for one in violations:
        name = _NAMES.get(one.field, one.field)
        rules.setdefault(name if name in shown else elsewhere, one.rule)
    return {name: rules[name] for name in shown if name in rules}

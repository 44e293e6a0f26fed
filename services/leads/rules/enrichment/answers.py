"""What a provider's answer says of a lead, and which of it is taken."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from services.leads.models import FieldRule, LeadDocument, Provenance, Provider
from services.leads.rules.capture.addresses import phone_of
from services.leads.rules.capture.names import country_of, holds_markup, tidied
from services.leads.rules.sources.queries import Query
from shared.domains import domain_of
from shared.errors import Invalid
from shared.events import Company, Person
from shared.events.values import MAX_ATTRIBUTES
from shared.violations import violations_of

Values = dict[str, Any]
Fields = dict[str, Any]
_PARTS: dict[str, type[BaseModel]] = {"company": Company, "person": Person}
# Who somebody is, they say themselves; a phone number that a provider knows is often a switchboard's, so it never tells who is who.
_NOT_FILLED = frozenset({"person.email"})
FILLED = frozenset(f"{part}.{name}" for part, model in _PARTS.items() for name in model.model_fields) - _NOT_FILLED
_NUMBERS = frozenset({"company.employees", "company.annual_revenue"})
# What people say of themselves, unproved, against what providers say.
STATED_CONFIDENCE = 0.7
LONGEST_TEXT = 2_000
# A field that only the provider itself fills: what criteria speak about as `enrichment.credit_score`.
_OWN = re.compile(r"enrichment\.[a-z_][a-z0-9_]{0,63}")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,12})?")
LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Answer:
    """`values` by field; `problems` is what could not be taken."""

    known: bool
    values: Values = field(default_factory=dict)
    confidence: float = 1.0
    problems: list[str] = field(default_factory=list)


def check_fields(provider: Provider) -> None:
    """Raises Invalid for what no provider may fill, and for a path that can't be read."""
    for number, rule in enumerate(provider.fields):
        if rule.field not in FILLED and not _attribute(rule.field) and not _is_own(rule.field):
            raise Invalid(f"{rule.field} can't be filled", field=f"fields.{number}.field", rule="known_field")
        if provider.kind == "http":
            Query(rule.path, f"fields.{number}.path")
    for name in ("known", "confidence"):
        if getattr(provider, name) is not None:
            Query(getattr(provider, name), name)


def read_answer(provider: Provider, body: bytes) -> Answer:
    """Raises ValueError, without anything of the answer in it, for what is no JSON or is not what the paths are for."""
    answer = json.loads(body, parse_float=Decimal)
    try:
        if provider.known is not None and not Query(provider.known, "known").holds(answer):
            return Answer(known=False)
        found = {rule.field: Query(rule.path, rule.field).find(answer) for rule in provider.fields}
        sure = Query(provider.confidence, "confidence").find(answer) if provider.confidence else 1.0
    except Invalid as error:
        raise ValueError(error.detail) from error
    return answer_of(provider.fields, found, confidence=_share(sure))


def answer_of(rules: Sequence[FieldRule], found: Mapping[str, Any], *, confidence: float) -> Answer:
    """Each value in the form in which leads keep it; one that does not fit its field is left out, and said."""
    values: Values = {}
    problems: list[str] = []
    for rule in rules:
        try:
            value = _in_form(rule.field, found.get(rule.field), found.get("company.country"))
        except ValueError as error:
            problems.append(f"{rule.field} {error}"[:300])
            continue
        if value is not None:
            values[rule.field] = value
    return Answer(known=bool(values), values=values, confidence=confidence, problems=problems)


def _in_form(path: str, value: Any, country: Any) -> Any:
    """None for what says nothing. Raises ValueError with what is wrong, never with the value."""
    if value is None or value == "" or value == []:
        return None
    if path in _NUMBERS:
        return _checked(path, value.replace(",", "").strip() if isinstance(value, str) else value)
    if _is_own(path) and (number := _number_in(value)) is not None:
        return number
    if not isinstance(value, str | int | float | Decimal):
        raise ValueError("is neither text nor a number")
    text = tidied(str(value))
    if holds_markup(text):
        raise ValueError("holds markup")
    if _attribute(path) or _is_own(path):
        return text[:LONGEST_TEXT]
    return _checked(path, _normalised(path, text, country))


def _number_in(value: Any) -> bool | int | float | None:
    """What criteria can compare, also where it came as text."""
    if isinstance(value, str):
        value = Decimal(value) if _NUMBER.fullmatch(value) else None
    if not isinstance(value, int | float | Decimal):
        return None
    number = value if isinstance(value, int) else float(value)
    if not abs(number) <= LARGEST:
        raise ValueError("is too large a number")
    return number


def _normalised(path: str, text: str, country: Any) -> str:
    made: str | None = text
    if path == "company.country":
        made = country_of(text)
    elif path == "company.domain":
        made = domain_of(text)
    elif path == "person.phone":
        made = phone_of(text, country_of(country) if isinstance(country, str) else None)
    if made is None:
        raise ValueError("can't be read")
    return made


def _checked(path: str, value: Any) -> Any:
    part, _, name = path.partition(".")
    try:
        return getattr(_PARTS[part].model_validate({name: value}), name)
    except ValidationError as error:
        raise ValueError(violations_of(error)[0].detail.partition(" ")[2]) from error


def _share(value: Any) -> float:
    return float(min(1, max(0, value))) if isinstance(value, int | float | Decimal) else 1.0


def _attribute(path: str) -> bool:
    part, _, name = path.partition(".")
    return part == "attributes" and 0 < len(name) <= 100


def _is_own(path: str) -> bool:
    return _OWN.fullmatch(path) is not None


def apply_answer(lead: LeadDocument, provider: Provider, answer: Answer, at: datetime) -> tuple[Values, Values]:
    """Writes into the lead what the policy of each field takes, with where it is from; before and after, by path in the lead."""
    before: Values = {}
    after: Values = {}
    origins = {row["field"]: row for row in lead.get("provenance", ())}
    for rule in provider.fields:
        if rule.field not in answer.values:
            continue
        value, sure = answer.values[rule.field], round(rule.confidence * answer.confidence, 4)
        path, fields, name = _place(lead, provider, rule.field)
        if not _is_taken(rule, (fields.get(name), value), sure, origins.get(path)) or _is_full(path, fields):
            continue
        before[path], after[path] = fields.get(name), value
        fields[name] = value
        origins[path] = Provenance(field=path, provider=provider.id, at=at, confidence=sure)
    if after:
        lead["provenance"] = list(origins.values())
    return before, after


def _place(lead: LeadDocument, provider: Provider, field: str) -> tuple[str, Fields, str]:
    """The path in the lead, the part of it that is written to, and the name in that."""
    part, _, name = field.partition(".")
    if part == "enrichment":
        return f"enrichment.{provider.id}.{name}", lead.setdefault("enrichment", {}).setdefault(provider.id, {}), name
    return field, cast(dict[str, Any], lead)[part], name


def parts_of(values: Values) -> dict[str, Any]:
    """As of a lead of which nothing else is known."""
    parts: dict[str, Any] = {"person": {}, "company": {}}
    for path, value in values.items():
        part, _, name = path.partition(".")
        parts.setdefault(part, {})[name] = value
    return parts


def _is_taken(rule: FieldRule, old_and_new: tuple[Any, Any], sure: float, origin: Provenance | None) -> bool:
    old, new = old_and_new
    if old is None or old == "":
        return True
    if old == new:
        return False
    if _is_own(rule.field):
        return True
    if rule.policy == "fill":
        return False
    return rule.policy == "overwrite" or sure > (origin["confidence"] if origin else STATED_CONFIDENCE)


def _is_full(path: str, fields: Fields) -> bool:
    return _attribute(path) and path.partition(".")[2] not in fields and len(fields) >= MAX_ATTRIBUTES

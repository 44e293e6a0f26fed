"""What the rules of criteria and routing can speak about: the facts of a lead, of which each expression gets those that it names."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from services.leads.models import LeadDocument
from services.leads.rules.addresses import business_domain
from services.leads.rules.names import folded

Getter = Callable[[Mapping[str, Any]], Any]
Facts = dict[str, Any]
NO_TIME_SOON = 99

_DECIDES = re.compile(
    r"\b(c[efotmi]o|chief|owner|founder|president|partner|director|directeur|direktor|vp|svp|evp|head|managing|principal"
    r"|geschaftsfuhrer|geschaftsfuhrerin|inhaber|inhaberin|gerant|gerente|titolare|prokurist)\b"
)
_MONTHS = {"day": 1 / 30, "week": 0.25, "month": 1.0, "quarter": 3.0, "year": 12.0}
_SPAN = re.compile(r"(\d{1,3}) ?(day|week|month|quarter|year)")
_TIMES = (
    (re.compile(r"\b(asap|now|immediate|immediately|urgent|today|at once|this week)\b"), 0),
    (re.compile(r"\b(this month|next week)\b"), 1),
    (re.compile(r"\bnext month\b"), 2),
    (re.compile(r"\bthis quarter\b"), 3),
    (re.compile(r"\b(q[1-4]|next quarter|year end|this year|end of year)\b"), 6),
    (re.compile(r"\bnext year\b"), 12),
)


@lru_cache(16_384)
def decides(title: str) -> bool:
    """Whether somebody with this title can say yes."""
    return _DECIDES.search(folded(title)) is not None


@lru_cache(16_384)
def months_until(timeline: str) -> int:
    """About how many months until they want to buy; NO_TIME_SOON when they don't say, or are only looking."""
    text = folded(timeline)
    span = _SPAN.search(text)
    if span:
        return min(NO_TIME_SOON, round(int(span[1]) * _MONTHS[span[2]]))
    return next((months for pattern, months in _TIMES if pattern.search(text)), NO_TIME_SOON)


def _text(part: str, field: str) -> Getter:
    return lambda lead: lead[part].get(field) or ""


def _amount(part: str, field: str) -> Getter:
    return lambda lead: float(str(lead[part].get(field) or 0))


def _texts(part: str, *fields: str) -> dict[str, Getter]:
    return {field: _text(part, field) for field in fields}


# Text that is unknown is "", a number 0, so that no expression needs to ask whether it is there.
FIELDS: dict[str, dict[str, Getter]] = {
    "person": {
        **_texts("person", "first_name", "last_name", "email", "phone", "title"),
        "business_email": lambda lead: business_domain(lead["person"].get("email")) is not None,
        "decides": lambda lead: decides(lead["person"].get("title") or ""),
    },
    "company": {
        **_texts("company", "name", "domain", "country", "industry"),
        "employees": lambda lead: lead["company"].get("employees") or 0,
        "annual_revenue": _amount("company", "annual_revenue"),
    },
    "interest": {
        **_texts("interest", "product", "need", "currency", "timeline", "notes"),
        "budget": _amount("interest", "budget"),
        "months": lambda lead: months_until(lead["interest"].get("timeline") or ""),
    },
    "consent": {
        "marketing": lambda lead: lead["consent"].get("marketing") is True,
        "basis": _text("consent", "basis"),
    },
}
WHOLE: dict[str, Getter] = {
    "source": lambda lead: lead["source"],
    "attribution": lambda lead: lead["attribution"],
    "attributes": lambda lead: lead["attributes"],
}
RESULTS = ("score", "grade")
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_NAMED = re.compile(r"(?<![\w.])(person|company|interest|consent)\b(?:\.([A-Za-z_]\w*))?")


def named_fields(expression: str) -> set[tuple[str, str]]:
    """The pairs of noun and field that it names; the field is empty where it names a noun as a whole."""
    return {(noun, field or "") for noun, field in _NAMED.findall(_QUOTED.sub("''", expression))}


def unknown_fields(expression: str) -> list[str]:
    return [f"{noun}.{field}" for noun, field in sorted(named_fields(expression)) if field and field not in FIELDS[noun]]


class Vocabulary:
    """Gathers from a lead what some expressions name, and nothing more: each fact costs a conversion per lead."""

    def __init__(self, expressions: Iterable[tuple[str, Iterable[str]]]) -> None:
        """`expressions` are pairs of the source and the variables that it refers to."""
        pairs = [(named_fields(source), set(variables)) for source, variables in expressions]
        named = set().union(*(fields for fields, _ in pairs))
        variables = set().union(*(names for _, names in pairs))
        self._nouns = [(noun, _getters(noun, named)) for noun in FIELDS if noun in variables]
        self._whole = [(noun, getter) for noun, getter in WHOLE.items() if noun in variables]
        self.needs_results = not variables.isdisjoint(RESULTS)

    def facts(self, lead: LeadDocument) -> Facts:
        facts: Facts = {noun: {field: getter(lead) for field, getter in getters} for noun, getters in self._nouns}
        for noun, getter in self._whole:
            facts[noun] = getter(lead)
        return facts


def _getters(noun: str, named: set[tuple[str, str]]) -> list[tuple[str, Getter]]:
    fields = {field for of, field in named if of == noun}
    wanted = FIELDS[noun] if "" in fields or not fields else fields
    return [(field, FIELDS[noun][field]) for field in FIELDS[noun] if field in wanted]


def blank_lead() -> LeadDocument:
    """A lead of whom nothing is known: whatever an expression may name can be named of it."""
    return {"source": "", "person": {}, "company": {}, "interest": {}, "consent": {}, "attribution": {}, "attributes": {}}

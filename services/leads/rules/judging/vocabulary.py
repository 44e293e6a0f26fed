"""What the rules of criteria and routing can speak about: the facts of a lead, of which each expression gets those that it names."""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, get_args

from services.leads.models import LeadDocument
from shared.domains import business_domain, is_disposable, is_free_mail
from shared.events import EngagementKind
from shared.events.grades import letter_of
from shared.names import folded

Getter = Callable[[Mapping[str, Any]], Any]
Facts = dict[str, Any]
NO_TIME_SOON = 99
ENGAGEMENT = "engagement"

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


_TEXTS = {
    "person": ("first_name", "last_name", "email", "phone", "title"),
    "company": ("name", "domain", "country", "region", "postcode", "industry"),
    "interest": ("product", "need", "currency", "timeline", "notes"),
    "consent": ("basis",),
}


def _text(part: str, field: str) -> Getter:
    return lambda lead: lead[part].get(field) or ""


def _amount(part: str, field: str) -> Getter:
    return lambda lead: float(lead[part].get(field) or 0)


def _texts(part: str) -> dict[str, Getter]:
    return {field: _text(part, field) for field in _TEXTS[part]}


def _times_shown(kind: str) -> Getter:
    return lambda lead: lead["engaged"]["kinds"].get(kind, {}).get("count", 0) if "engaged" in lead else 0


def enriched_of(lead: Mapping[str, Any]) -> dict[str, Any]:
    """What all providers told, under the names that they gave it; where two tell the same, the later one."""
    given = lead.get("enrichment")
    if not given:
        return {}
    return {name: float(value) if isinstance(value, Decimal) else value for fields in given.values() for name, value in fields.items()}


# Text that is unknown is "", a number 0, so that no expression needs to ask whether it is there.
FIELDS: dict[str, dict[str, Getter]] = {
    "person": {
        **_texts("person"),
        "free_mail": lambda lead: is_free_mail(lead["person"].get("email")),
        "disposable_email": lambda lead: is_disposable(lead["person"].get("email")),
        "business_email": lambda lead: business_domain(lead["person"].get("email")) is not None,
        "decides": lambda lead: decides(lead["person"].get("title") or ""),
    },
    "company": {
        **_texts("company"),
        "employees": lambda lead: lead["company"].get("employees") or 0,
        "annual_revenue": _amount("company", "annual_revenue"),
    },
    "interest": {
        **_texts("interest"),
        "budget": _amount("interest", "budget"),
        "months": lambda lead: months_until(lead["interest"].get("timeline") or ""),
    },
    "consent": {
        "marketing": lambda lead: lead["consent"].get("marketing") is True,
        **_texts("consent"),
    },
    # How often each sign of interest was shown, and what they are all worth now.
    ENGAGEMENT: {
        "score": lambda lead: lead.get("engagement", 0),
        **{kind: _times_shown(kind) for kind in get_args(EngagementKind)},
    },
}
WHOLE: dict[str, Getter] = {
    "source": lambda lead: lead["source"],
    "attribution": lambda lead: lead["attribution"],
    "attributes": lambda lead: lead["attributes"],
    "enrichment": enriched_of,
}
RESULTS = ("score", "grade", "engagement_grade")
WORST_GRADE = "D4"
_NAMED = re.compile(
    r"""('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")  # what stands in quotes names nothing
    |(?<![\w.])(person|company|interest|consent|engagement)\.([A-Za-z_]\w*)""",
    re.VERBOSE,
)
_GIVEN = re.compile(
    r"""('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
    |(^|[(\[?:,]|&&|\|\|)(\s*)(person|company|interest|consent)\.([A-Za-z_]\w*)\s*!=\s*(?:''|"")(?=\s*(?:$|[)\]?:,]|&&|\|\|))""",
    re.VERBOSE,
)


def _every_field(noun: str) -> Getter:
    getters = FIELDS[noun].items()
    return lambda lead: {field: getter(lead) for field, getter in getters}


def _flat_name(noun: str, field: str) -> str:
    return f"{noun}__{field}"


def _is_given(part: str, field: str) -> Getter:
    return lambda lead: bool(lead[part].get(field))


_GETTERS: dict[str, Getter] = {
    **WHOLE,
    **{noun: _every_field(noun) for noun in FIELDS},
    **{_flat_name(noun, field): getter for noun, getters in FIELDS.items() for field, getter in getters.items()},
    **{_flat_name(noun, f"{field}__given"): _is_given(noun, field) for noun, fields in _TEXTS.items() for field in fields},
}

NAMES = frozenset({*_GETTERS, *RESULTS})
# What many leads have in common, and can be told apart at once: neither what is a person's own, nor a whole object.
SHARED = NAMES - {*WHOLE, *FIELDS, *(_flat_name("person", field) for field in ("first_name", "last_name", "email", "phone"))} | {"source"}


def flattened(expression: str) -> str:
    """Each field as a variable of its own: half the work of giving CEL an object to look it up in.

    Whether a text is given is asked most often, and is one, too, where it stands by itself: it is the same for most leads.
    """
    asked = _GIVEN.sub(lambda found: found[0] if found[1] or found[5] not in _TEXTS[found[4]] else _asked(*found.groups()[1:]), expression)
    return _NAMED.sub(lambda found: found[0] if found[1] or not _is_known(found) else _flat_name(found[2], found[3]), asked)


def _asked(before: str, space: str, noun: str, field: str) -> str:
    return before + space + _flat_name(noun, f"{field}__given")


def unknown_fields(expression: str) -> list[str]:
    return sorted({f"{found[2]}.{found[3]}" for found in _NAMED.finditer(expression) if not found[1] and not _is_known(found)})


def _is_known(found: re.Match[str]) -> bool:
    return found[3] in FIELDS[found[2]]


class Vocabulary:
    """Gathers from a lead what some expressions refer to, and nothing more: each fact costs a conversion per lead."""

    def __init__(self, variables: Iterable[str]) -> None:
        wanted = set(variables)
        self._getters = [(name, getter) for name, getter in _GETTERS.items() if name in wanted]
        self.needs_results = not wanted.isdisjoint(RESULTS)
        self.asks_for_engagement = speaks_of_engagement(wanted)

    def facts(self, lead: LeadDocument) -> Facts:
        return {name: getter(lead) for name, getter in self._getters}


def results_of(score: int, grade: str) -> Facts:
    """What rules of routing see of a verdict: of the grade `B2` the letter as `grade`, and the digit as `engagement_grade`."""
    return {"score": score, "grade": letter_of(grade), "engagement_grade": int(grade[1:] or WORST_GRADE[1:])}


def speaks_of_engagement(variables: Iterable[str]) -> bool:
    return not {ENGAGEMENT, _flat_name(ENGAGEMENT, "score")}.isdisjoint(variables)


def facts_of_nobody(variables: Iterable[str]) -> Facts:
    """Of a lead of whom nothing is known."""
    nobody: LeadDocument = {"source": "", "person": {}, "company": {}, "interest": {}, "consent": {}, "attribution": {}, "attributes": {}}
    return {**Vocabulary(variables).facts(nobody), **results_of(0, WORST_GRADE)}

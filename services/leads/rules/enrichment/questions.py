"""Whom to ask about a lead, and what: which providers' conditions hold, and which of its fields stand in their questions."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from services.leads.models import LeadDocument, Provider
from services.leads.models.policies import Rule
from services.leads.rules.judging.expressions import FAILURES, Expression, check_condition, vocabulary_of
from shared.errors import Invalid
from shared.events import Company, Interest, Person
from shared.names import company_key

_PLACEHOLDER = re.compile(r"\{(person|company|interest|attributes|secret)\.([^{}\s]{1,100})\}")
_PARTS: dict[str, type[BaseModel]] = {"person": Person, "company": Company, "interest": Interest}
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """One provider about one lead. `key` stands for it: two leads of one company ask a provider of companies the same."""

    provider: Provider
    key: str
    values: Mapping[str, str]


class _Enquiry:
    """A provider, ready to be asked."""

    __slots__ = ("_holds", "_places", "_shape", "provider")

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._holds = None if provider.condition.strip() == "true" else Expression(condition_of(provider)).holds
        self._places = sorted(places_in(provider) - {place for place in places_in(provider) if place[0] == "secret"})
        self._shape = _shape(provider)

    def about(self, lead: LeadDocument, facts: Mapping[str, Any]) -> Question | None:
        """None when it is not to be asked, or when what it would be asked by is not known."""
        if self._holds is not None and not _is_true(self._holds, facts):
            return None
        values = _company(lead) if self.provider.kind == "file" else _values(lead, self._places)
        if values is None:
            return None
        return Question(self.provider, _digest([self._shape, *values.values()]), values)


class Enquiries:
    """All providers that are switched on, in their order. False when there is none."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self.providers = {one.id: one for one in sorted(providers, key=lambda one: (one.rank, one.id))}
        self._enquiries = {provider.id: _Enquiry(provider) for provider in self.providers.values()}
        self._vocabulary = vocabulary_of([condition_of(provider) for provider in self.providers.values()])

    def __bool__(self) -> bool:
        return bool(self._enquiries)

    def about(self, lead: LeadDocument, besides: Collection[str] = ()) -> list[Question]:
        """What is to be asked about it, of others than `besides`."""
        facts = self._vocabulary.facts(lead)
        asked = (enquiry.about(lead, facts) for provider_id, enquiry in self._enquiries.items() if provider_id not in besides)
        return [question for question in asked if question is not None]

    def ask(self, provider_id: str, lead: LeadDocument) -> Question | None:
        """What one of them is to be asked about it."""
        return self._enquiries[provider_id].about(lead, self._vocabulary.facts(lead))


def condition_of(provider: Provider) -> Rule:
    return Rule(name=provider.id, text=provider.name, expression=provider.condition)


def check_provider(provider: Provider) -> None:
    """Raises Invalid for a condition that does not compile, and for a question by what is no field of a lead."""
    check_condition(condition_of(provider), field="condition")
    if provider.request is not None:
        expect_fixed_host(provider.request.url, "request.url")
    for part, name in sorted(places_in(provider)):
        if part in _PARTS and name not in _PARTS[part].model_fields:
            raise Invalid(f"A lead has no {part}.{name}", field="request", rule="known_field")
        if part == "secret" and name not in provider.sealed:
            raise Invalid(f"There is no secret {name}", field="request", rule="known_secret")


def expect_fixed_host(url: str, field: str) -> None:
    """Else what is filled in would say whom the secrets are sent to."""
    if "{" in "".join(url.split("/")[:3]):
        raise Invalid("The host must be the same for all leads", field=field, rule="fixed_host")


def places_in(provider: Provider) -> set[Place]:
    request = provider.request
    return named_in(request.url, request.body or "", *request.headers.values()) if request is not None else set()


def named_in(*texts: str) -> set[Place]:
    """What stands in braces in them, to be filled in."""
    return {(found[1], found[2]) for text in texts for found in _PLACEHOLDER.finditer(text)}


def asks_about_people(provider: Provider) -> bool:
    return any(part == "person" for part, _ in places_in(provider))


def in_url(text: str, values: Mapping[str, str]) -> str:
    return _filled(text, values, lambda value: quote(value, safe=""))


def in_header(text: str, values: Mapping[str, str]) -> str:
    """What may not stand in a header is left out of it."""
    return _filled(text, values, lambda value: value.encode("ascii", "ignore").decode().replace("\n", " ").replace("\r", " "))


def in_body(text: str, values: Mapping[str, str]) -> str:
    """Between the quotes of JSON."""
    return _filled(text, values, lambda value: json.dumps(value)[1:-1])


def _filled(text: str, values: Mapping[str, str], written: Callable[[str], str]) -> str:
    return _PLACEHOLDER.sub(lambda found: written(values[f"{found[1]}.{found[2]}"]), text)


def _is_true(holds: Callable[[Mapping[str, Any]], bool], facts: Mapping[str, Any]) -> bool:
    try:
        return holds(facts)
    except FAILURES:
        return False


def _values(lead: Mapping[str, Any], places: Sequence[Place]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for part, name in places:
        value = lead[part].get(name)
        if value is None:
            return None
        values[f"{part}.{name}"] = str(value)
    return values


def _company(lead: LeadDocument) -> dict[str, str] | None:
    company = lead["company"]
    name = company_key(company.get("name") or "")
    values = {"domain": company.get("domain") or "", "name": name, "country": company.get("country") or ""}
    return values if values["domain"] or name else None


def _shape(provider: Provider) -> str:
    """Changes with whatever makes another answer of the same question."""
    said = provider.model_dump_json(include={"id", "kind", "request", "known", "confidence", "fields", "name_similarity", "file"})
    return _digest([said])


def _digest(parts: Sequence[str]) -> str:
    """A key that tells nobody what was asked: there may be addresses of people in it."""
    return sha256("\x1f".join(parts).encode()).hexdigest()[:32]

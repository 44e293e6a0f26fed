"""Who is this? A submission in its comparable form, and the keys by which the same person is found again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from services.leads.models import Correction, LeadDocument
from services.leads.rules.capture.addresses import email_of, phone_of
from services.leads.rules.capture.names import country_of, holds_markup, split_name, tidied
from services.leads.rules.capture.spelling import CONTRARY
from services.leads.rules.duplicates.likeness import Parts, are_others, email, likeness_of
from shared.domains import business_domain, domain_of
from shared.errors import Invalid, Refused
from shared.events import LeadSubmitted, Match
from shared.names import company_key, folded

Fields = dict[str, Any]
# By the first letter of the key; the keys of a submission stand in this order, the strongest first.
MATCHES = {
    "x": Match(rule="external_id", score=1.0, fields=["source", "external_id"]),
    "e": Match(rule="email", score=1.0, fields=["person.email"]),
    "p": Match(rule="phone", score=0.95, fields=["person.phone"]),
    "n": Match(rule="name_and_company", score=0.85, fields=["person.first_name", "person.last_name", "company.name"]),
}

_NAMES: tuple[tuple[Literal["person", "company"], str], ...] = (("person", "first_name"), ("person", "last_name"), ("company", "name"))


@dataclass(frozen=True, slots=True)
class Intake:
    """A submission put in order: `parts` is what it says of a lead, or `refusal` why it can't be taken.

    `dropped` are the fields that its source may not say.
    """

    submission: LeadSubmitted
    submission_id: str
    parts: LeadDocument
    refusal: Refused | None = None
    dropped: Sequence[str] = ()


def taken_in(submission: LeadSubmitted, submission_id: str = "") -> Intake:
    person, company = filled(submission.person), filled(submission.company)
    corrections: list[Correction] = []
    _set_right(company, "company", "country", country_of, corrections)
    _set_right(person, "person", "email", email_of, corrections)
    country = company.get("country")
    _set_right(person, "person", "phone", lambda text: phone_of(text, country), corrections)
    _set_right(company, "company", "domain", domain_of, corrections)
    if "domain" not in company and (domain := business_domain(person.get("email"))):
        company["domain"] = domain
    _set_right(person, "person", "first_name", tidied, corrections)
    _set_right(person, "person", "last_name", tidied, corrections)
    _set_right(company, "company", "name", tidied, corrections)
    parts: LeadDocument = {
        "person": _taken_apart(person, corrections),
        "company": company,
        "interest": filled(submission.interest),
        "consent": filled(submission.consent),
        "attribution": filled(submission.attribution),
        "attributes": submission.attributes,
        "corrections": corrections,
        "keys": [],
    }
    parts["keys"] = identity_keys(parts, submission.source, submission.external_id)
    return Intake(submission, submission_id, parts, _refusal(submission, parts))


def refusal_of(submission: LeadSubmitted) -> Refused | None:
    """Why it can't be taken, if it can't. An ordinary e-mail address and plain names settle it without all the rest."""
    person, company = submission.person, submission.company
    names = (person.first_name, person.last_name, company.name)
    if person.email and email_of(person.email) and not any("<" in name for name in names if name):
        return None
    return taken_in(submission).refusal


def filled(value: Any) -> Fields:
    """The fields of a part of an event that say something. Pydantic's own way takes five times as long."""
    fields = vars(value) | value.__pydantic_extra__ if value.__pydantic_extra__ else vars(value)
    return {name: field for name, field in fields.items() if field is not None and field != ""}


def _set_right(part: Fields, noun: str, field: str, normalise: Any, corrections: list[Correction]) -> None:
    was = part.get(field)
    if was is None:
        return
    now = normalise(was)
    if now == was:
        return
    corrections.append({"field": f"{noun}.{field}", "was": was, "now": now})
    if now is None:
        del part[field]
    else:
        part[field] = now


def _taken_apart(person: Fields, corrections: list[Correction]) -> Fields:
    apart = split_name(person)
    if apart is not person:
        for name in ("first_name", "last_name"):
            if apart[name] != person.get(name):
                corrections.append({"field": f"person.{name}", "was": person.get(name, ""), "now": apart[name]})
    return apart


def identity_keys(parts: LeadDocument, source: str, external_id: str | None) -> list[str]:
    """The strongest first. Only the first may be an external id, which names the submission and not the person."""
    person, keys = parts["person"], []
    if external_id:
        keys.append(f"x:{source}|{external_id}")
    if "email" in person:
        keys.append(f"e:{person['email']}")
    if "phone" in person:
        keys.append(f"p:{person['phone']}")
    family, firm = person.get("last_name"), parts["company"].get("name")
    if family and firm and (company := company_key(firm)) and (name := folded(f"{person.get('first_name', '')} {family}")):
        keys.append(f"n:{company}|{name}")
    return keys


def is_refuted(key: str, lead: Parts, parts: Parts) -> bool:
    """A telephone may stand in a reception, or at home, and a company may have two of one name: then this is somebody else.

    Asked only when a key has been found, which says by itself that they are one.
    """
    if key[0] not in "pn":
        return False
    known, fresh = likeness_of(lead), likeness_of(parts)
    return email(known, fresh) == CONTRARY or are_others(known, fresh)


def match_of(key: str) -> Match:
    return MATCHES[key[0]]


def search_ranges(text: str) -> list[tuple[str, str]]:
    """Where in the order of keys those stand that begin with what somebody typed: an e-mail address, a phone number, a company."""
    typed = text.strip().lower()
    beginnings = [f"e:{typed}", f"n:{company_key(typed) or folded(typed)}"]
    digits = "".join(character for character in typed if character.isdigit())
    if len(digits) >= 4:
        beginnings.append(f"p:+{digits.lstrip('0')}")
    return [(beginning, beginning + "\uffff") for beginning in beginnings if len(beginning) > 2]


def _refusal(submission: LeadSubmitted, parts: LeadDocument) -> Invalid | None:
    for part, field in _NAMES:
        if holds_markup(parts[part].get(field, "")):
            return Invalid(f"{part}.{field} must not contain markup", field=f"{part}.{field}", rule="markup")
    if parts["keys"] and parts["keys"][-1][0] != "x":
        return None
    person = submission.person
    if person.email:
        return Invalid("person.email is no e-mail address, and nothing else tells who this is", field="person.email", rule="email")
    if person.phone:
        return Invalid(
            "person.phone is no phone number that exists, and nothing else tells who this is", field="person.phone", rule="phone"
        )
    return Invalid(
        "person.last_name and company.name must have letters to tell somebody by", field="person.last_name", rule="identity_required"
    )

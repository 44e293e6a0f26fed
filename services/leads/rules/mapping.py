"""From the columns of a file to the fields of a submission."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from services.leads.rules.dates import moment_of
from services.leads.rules.identity import taken_in
from services.leads.rules.names import folded
from shared.errors import Invalid, Violation
from shared.events import Attribution, Company, Consent, Interest, LeadSubmitted, Person
from shared.violations import violations_of

_PARTS: dict[str, type[BaseModel]] = {
    "person": Person,
    "company": Company,
    "interest": Interest,
    "consent": Consent,
    "attribution": Attribution,
}
FIELDS = frozenset(
    {f"{part}.{field}" for part, model in _PARTS.items() for field in model.model_fields} | {"source", "external_id", "submitted_at"}
)
_MOMENTS = ("submitted_at", "consent.given_at")
# What columns are called, besides the names of the fields themselves.
_HEADINGS = {
    "given name": "person.first_name",
    "firstname": "person.first_name",
    "vorname": "person.first_name",
    "surname": "person.last_name",
    "lastname": "person.last_name",
    "family name": "person.last_name",
    "nachname": "person.last_name",
    "e mail": "person.email",
    "mail": "person.email",
    "email address": "person.email",
    "telephone": "person.phone",
    "phone number": "person.phone",
    "mobile": "person.phone",
    "telefon": "person.phone",
    "job title": "person.title",
    "position": "person.title",
    "company": "company.name",
    "company name": "company.name",
    "organisation": "company.name",
    "organization": "company.name",
    "firma": "company.name",
    "website": "company.domain",
    "land": "company.country",
    "revenue": "company.annual_revenue",
    "consent marketing": "consent.marketing",
    "consent basis": "consent.basis",
    "id": "external_id",
}
_BY_HEADING = {folded(path.rpartition(".")[2].replace("_", " ")): path for path in sorted(FIELDS)} | _HEADINGS


def mapping_of(columns: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Which field each column goes to: as `wanted`, else as its heading says, else to an attribute of its own name. "" leaves it out."""
    _check(columns, wanted)
    guessed = {column: _BY_HEADING.get(folded(column.replace("_", " ")), f"attributes.{column[:100]}") for column in columns if column}
    mapping = {column: path for column, path in {**guessed, **wanted}.items() if path}
    paths = list(mapping.values())
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise Invalid(f"Several columns go to {', '.join(twice)}; say in the mapping which one", field="mapping", rule="unique")
    return mapping


def _check(columns: Sequence[str], wanted: Mapping[str, str]) -> None:
    missing = [
        Violation(f"mapping.{column[:100]}", "known_column", f"The file has no column {column[:100]}")
        for column in wanted
        if column not in columns
    ]
    unknown = [
        Violation(
            f"mapping.{column[:100]}", "known_field", f"There is no field {path[:100]}; attributes.{column[:50]} would keep it as it is"
        )
        for column, path in wanted.items()
        if path and path not in FIELDS and not path.startswith(("attributes.", "attribution."))
    ]
    if missing or unknown:
        raise Invalid("The mapping does not fit the file", violations=(*missing, *unknown))


def submission_of(cells: Sequence[str], columns: Sequence[str], mapping: Mapping[str, str], fixed: Mapping[str, Any]) -> LeadSubmitted:
    """The submission in a row, to which `fixed` adds what the file does not say. Raises Invalid, its violations named by column."""
    fields: dict[str, Any] = dict(fixed)
    for column, cell in zip(columns, cells, strict=True):
        path, text = mapping.get(column), cell.strip()
        if path and text:
            text = moment_of(text) if path in _MOMENTS else text
            part, _, field = path.partition(".")
            if field:
                fields.setdefault(part, {})[field] = text
            else:
                fields[part] = text
    try:
        submission = LeadSubmitted.model_validate(fields)
    except ValidationError as error:
        raise _by_column(violations_of(error), mapping) from error
    refusal = taken_in(submission).refusal
    if refusal is not None:
        raise _by_column(refusal.violations, mapping)
    return submission


def _by_column(violations: Sequence[Violation], mapping: Mapping[str, str]) -> Invalid:
    columns = {path: column for column, path in mapping.items()}
    named = tuple(Violation(columns.get(one.field, one.field), one.rule, one.detail) for one in violations)
    return Invalid("; ".join(one.detail for one in named[:3]), violations=named)

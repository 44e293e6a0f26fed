"""From the columns of a file to the fields of a submission."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from services.leads.rules.capture.dates import moment_of
from services.leads.rules.capture.identity import refusal_of
from services.leads.rules.imports.headings import HEADINGS
from services.leads.rules.imports.rows import Row
from shared.errors import Invalid, Violation
from shared.events import Attribution, Company, Consent, Interest, LeadSubmitted, Person
from shared.events.values import REFERENCE
from shared.names import folded
from shared.violations import violations_of

# Part, field, and whether it holds a time.
Place = tuple[str, str, bool]
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
_BY_HEADING = {folded(path.rpartition(".")[2].replace("_", " ")): path for path in sorted(FIELDS)} | HEADINGS


def mapping_of(columns: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Which field each column goes to: as `wanted`, else as its heading says, else to an attribute of its own name. "" leaves it out."""
    _check(columns, wanted)
    mapping = {column: path for column, path in {**_guessed(columns, wanted), **wanted}.items() if path}
    paths = list(mapping.values())
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise Invalid(f"Several columns go to {', '.join(twice)}; say in the mapping which one", field="mapping", rule="unique")
    return mapping


def field_of(column: str) -> str:
    """As its heading says, be it the path of a field or a word in one of several languages."""
    if column in FIELDS or column.startswith(("attributes.", "attribution.")):
        return column
    return _BY_HEADING.get(folded(column.replace("_", " ").replace("-", " "))) or f"attributes.{column[:100]}"


def _guessed(columns: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Of two columns that could be one field the first is; the other is kept as an attribute."""
    guessed: dict[str, str] = {}
    taken = set(wanted.values())
    for column in columns:
        if column and column not in wanted:
            path = field_of(column)
            guessed[column] = f"attributes.{column[:100]}" if path in taken else path
            taken.add(path)
    return guessed


def _check(columns: Sequence[str], wanted: Mapping[str, str]) -> None:
    if REFERENCE in columns:
        raise Invalid(f"A column can't be called {REFERENCE}; call it ref", field="file", rule="reserved")
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


class Plan:
    """Where the cells of a file go, worked out once for all of its rows."""

    def __init__(self, columns: Sequence[str], mapping: Mapping[str, str]) -> None:
        self._mapping = dict(mapping)
        self._taken = frozenset(mapping.values())
        self._places = [_place(mapping.get(column, "")) for column in columns]
        self._named = dict(zip(columns, self._places, strict=True))

    def submission_of(self, row: Row, fixed: Mapping[str, Any]) -> LeadSubmitted:
        """The submission in a row, to which `fixed` adds what the file does not say. Raises Invalid, its violations named by column."""
        fields: dict[str, Any] = dict(fixed)
        cells = zip(self._places, row.cells, strict=True) if row.named is None else self._placed(row.named)
        for place, cell in cells:
            if place is not None and (text := cell.strip()):
                part, field, is_moment = place
                text = moment_of(text) if is_moment else text
                if field:
                    fields.setdefault(part, {})[field] = text
                else:
                    fields[part] = text
        try:
            submission = LeadSubmitted.model_validate(fields)
        except ValidationError as error:
            raise _by_column(violations_of(error), self._mapping) from error
        refusal = refusal_of(submission)
        if refusal is not None:
            raise _by_column(refusal.violations, self._mapping)
        return submission

    def _placed(self, named: Mapping[str, str]) -> Iterator[tuple[Place | None, str]]:
        """A column that the beginning of the file did not have goes where its name says, unless another goes there."""
        for column, cell in named.items():
            if column not in self._named:
                path = field_of(column)
                self._named[column] = _place(f"attributes.{column[:100]}" if path in self._taken else path)
            yield self._named[column], cell


def _place(path: str) -> Place | None:
    part, _, field = path.partition(".")
    return (part, field, path in _MOMENTS) if path else None


def _by_column(violations: Sequence[Violation], mapping: Mapping[str, str]) -> Invalid:
    columns = {path: column for column, path in mapping.items()}
    named = tuple(Violation(columns.get(one.field, one.field), one.rule, one.detail) for one in violations)
    return Invalid("; ".join(one.detail for one in named[:3]), violations=named)

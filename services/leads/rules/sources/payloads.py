"""From any JSON to submissions, by the mapping of its source."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from services.leads.models import Mapping, SetAside
from services.leads.rules.capture.mapping import FIELDS
from services.leads.rules.sources.queries import Query
from shared.errors import Invalid, Malformed, Refused, TooLarge, Violation
from shared.events import LeadSubmitted
from shared.events.values import MAX_ATTRIBUTES
from shared.violations import violations_of

Fields = dict[str, Any]
MOST_ITEMS = 500
MAX_NAME, MAX_VALUE = 100, 2_000
_NOT_TO_BE_MAPPED = ("source",)


@dataclass(frozen=True, slots=True)
class Item:
    """One lead of a payload, as it came: what it submits, or why it can't. `set_aside` says that this was to be expected.

    `whole` is a payload of which it can't be told what leads it holds.
    """

    raw: bytes
    external_id: str | None = None
    submission: LeadSubmitted | None = None
    refusal: Refused | None = None
    set_aside: bool = False
    whole: bool = False


class Reader:
    """A mapping, compiled. Raises Invalid for one that makes no sense, its violations named by field."""

    def __init__(self, mapping: Mapping) -> None:
        _check_paths(mapping)
        self._items = Query(mapping.items, "items") if mapping.items else None
        self._shape = Query(mapping.shape, "shape") if mapping.shape else None
        self._fields = {path: Query(expression, f"fields.{path}") for path, expression in mapping.fields.items()}
        self._attributes = Query(mapping.attributes, "attributes") if mapping.attributes else None
        self._set_aside = [(Query(one.when, f"set_aside.{place}.when"), one) for place, one in enumerate(mapping.set_aside)]

    def read(self, source: str, body: bytes) -> list[Item]:
        """Everything in it gets its item, whatever is wrong with it."""
        try:
            return [self.read_item(source, value, raw) for value, raw in self._split(read_json(body), body)]
        except Refused as refusal:
            return [Item(body, refusal=refusal, whole=True)]

    def read_item(self, source: str, value: Any, raw: bytes) -> Item:
        external_id: str | None = None
        try:
            shaped = self._shape.find(value) if self._shape else value
            external_id = self._external_id(shaped)
            aside = next((one for query, one in self._set_aside if query.holds(shaped)), None)
            if aside is not None:
                return Item(raw, external_id, refusal=_kept_aside(aside), set_aside=True)
            return Item(raw, external_id, submission=self._submission(source, shaped))
        except Refused as refusal:
            return Item(raw, external_id, refusal=refusal)

    def _split(self, payload: Any, body: bytes) -> Iterator[tuple[Any, bytes]]:
        found = self._items.find(payload) if self._items else [payload]
        if not isinstance(found, list) or not found:
            raise Invalid("There are no leads in the payload where items says they are", field="items", rule="no_leads")
        if len(found) > MOST_ITEMS:
            raise TooLarge(f"A payload may hold at most {MOST_ITEMS} leads", field="items", rule="too_many")
        alone = len(found) == 1 and found[0] is payload
        yield from ((value, body if alone else to_json(value)) for value in found)

    def _external_id(self, shaped: Any) -> str | None:
        query = self._fields.get("external_id")
        text = _text("external_id", query.find(shaped)) if query else None
        return text[:200] if text else None

    def _submission(self, source: str, shaped: Any) -> LeadSubmitted:
        fields: Fields = {"source": source}
        for path, query in self._fields.items():
            text = _text(path, _nothing_for_false(path, query.find(shaped)))
            if text is not None:
                _put(fields, path, text)
        attributes = fields.get("attributes", {}) | self._all_the_rest(shaped)
        fields["attributes"] = dict(list(attributes.items())[:MAX_ATTRIBUTES])
        try:
            return LeadSubmitted.model_validate(fields)
        except ValidationError as error:
            violations = violations_of(error)
            raise Invalid("; ".join(one.detail for one in violations[:3]), violations=violations) from error

    def _all_the_rest(self, shaped: Any) -> dict[str, str]:
        found = self._attributes.find(shaped) if self._attributes else None
        if found is not None and not isinstance(found, dict):
            raise Invalid("attributes must find an object", field="attributes", rule="object")
        texts = {_name(name): _attribute(value) for name, value in (found or {}).items()}
        return {name: text for name, text in texts.items() if name and text}


def read_json(body: bytes) -> Any:
    try:
        return from_json(body.removeprefix(BOM_UTF8), allow_inf_nan=False)
    except ValueError as error:
        raise Malformed("The body is not JSON", field="body", rule="json") from error


def _check_paths(mapping: Mapping) -> None:
    strange = [path for path in mapping.fields if path in _NOT_TO_BE_MAPPED or not (path in FIELDS or _is_free(path))]
    if strange:
        wrong = [Violation(f"fields.{path[:100]}", "known_field", f"There is no field {path[:100]} to map to") for path in strange]
        raise Invalid("The mapping names fields that there are not", violations=tuple(wrong))


def _is_free(path: str) -> bool:
    part, _, name = path.partition(".")
    return part in ("attributes", "attribution") and 0 < len(name) <= MAX_NAME


def _kept_aside(aside: SetAside) -> Invalid:
    return Invalid(aside.reason, field="", rule=aside.rule)


def _put(fields: Fields, path: str, text: str) -> None:
    part, _, name = path.partition(".")
    if name:
        fields.setdefault(part, {})[name] = text
    else:
        fields[part] = text


def _nothing_for_false(path: str, value: Any) -> Any:
    """`x == 'y' && z` finds false when it finds nothing; there is one field of which false says something."""
    return None if value is False and path != "consent.marketing" else value


def _text(path: str, value: Any) -> str | None:
    """One value, or a list of them. Raises Invalid for an object, which is none."""
    values = [one for one in (value if isinstance(value, list) else [value]) if one is not None]
    if not all(isinstance(one, str | int | float) for one in values):
        raise Invalid(f"{path} must be found as text, a number, or a list of these", field=path, rule="scalar")
    return ", ".join(_plain(one) for one in values).strip() or None


def _plain(value: str | int | float) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _name(name: str) -> str:
    return " ".join(name.split())[:MAX_NAME]


def _attribute(value: Any) -> str | None:
    """What people answered, be it ever so long; what is no text is kept as JSON."""
    try:
        text = _text("attributes", value)
    except Invalid:
        text = to_json(value).decode()
    return text[:MAX_VALUE] if text else None

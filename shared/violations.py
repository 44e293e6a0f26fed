"""What pydantic found wrong, as violations: the same field, rule and sentence whichever door the input came through."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from shared.errors import Violation
from shared.events.values import PATTERN_RULES

MOST = 100
MAX_NAME = 100
_PLACES = frozenset({"body", "query", "path", "header", "cookie"})
# Only sentences that are ours, or that pydantic writes without looking at the input: what was sent is never repeated.
_SENTENCES = {
    "missing": "is required",
    "timezone_aware": "must be a time with a zone, such as 2026-03-02T09:30:00Z",
    "finite_number": "must be a finite number",
    "extra_forbidden": "is not known here",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "decimal_max_digits": "must have at most {max_digits} digits",
    "decimal_max_places": "must have at most {decimal_places} digits after the point",
    "decimal_whole_digits": "must have at most {whole_digits} digits before the point",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "json_invalid": "must be JSON: {error}",
}
# By the beginning of pydantic's error type, for the many ways of being of the wrong kind.
_KINDS = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a decimal number",
    "bool": "true or false",
    "datetime": "a time such as 2026-03-02T09:30:00Z",
    "date": "a date such as 2026-03-02",
    "uuid": "a UUID",
    "url": "a URL",
    "list": "a list",
    "dict": "an object",
    "model": "an object",
    "bytes": "bytes",
}
# A body that FastAPI has parsed breaks a rule under another name than a message that pydantic parsed.
_SAME_RULES = {"model_attributes_type": "model_type"}


class _Listing(Protocol):
    """A pydantic ValidationError, or FastAPI's, which lists its errors likewise."""

    def errors(self) -> Sequence[Any]: ...


def violations_of(error: _Listing) -> tuple[Violation, ...]:
    """At most a hundred, in the order of the fields; a leading `body` (or `query`, …) is left out of the paths."""
    return tuple(_violation(row) for row in error.errors()[:MOST])


def _violation(row: Mapping[str, Any]) -> Violation:
    field = _path(row["loc"], row.get("ctx") or {})
    rule, sentence = _rule(row)
    return Violation(field, rule, f"{field} {sentence}" if field else f"It {sentence}")


def _path(location: Sequence[str | int], context: Mapping[str, Any]) -> str:
    inside = location[1:] if location and location[0] in _PLACES else location
    names = [_printable(str(name)) for name in inside]
    return ".".join([*names, context["field"]] if "field" in context else names)


def _printable(name: str) -> str:
    """A name may be the sender's own, where they choose the keys."""
    return re.sub(r"[^ -~]", "?", name[:MAX_NAME])


def _rule(row: Mapping[str, Any]) -> tuple[str, str]:
    rule, context = _SAME_RULES.get(row["type"], row["type"]), row.get("ctx") or {}
    if rule == "string_pattern_mismatch":
        return PATTERN_RULES.get(context["pattern"], (rule, f"must match {context['pattern']}"))
    if "error" in context and rule in ("value_error", "assertion_error"):
        return rule, _in_place(str(context["error"]))
    if rule in _SENTENCES:
        return rule, _SENTENCES[rule].format_map(context)
    kind = _KINDS.get(rule.partition("_")[0])
    if kind and rule.endswith(("_type", "_parsing", "_from_float", "_parsing_size", "_from_date_parsing")):
        return rule, f"must be {kind}"
    return rule, _own_words(row) or f"breaks the rule {rule}"


def _own_words(row: Mapping[str, Any]) -> str | None:
    """The sentence of a rule that was raised as a PydanticCustomError; pydantic's own types all have a page to read."""
    return None if "url" in row else _in_place(str(row["msg"]))


def _in_place(words: str) -> str:
    """Behind the name of a field."""
    return words if words.startswith("must ") else f"is wrong: {words}"

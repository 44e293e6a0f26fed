"""Conditions of rules: CEL expressions over an event."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from shared.errors import Invalid
from shared.events import Event, LeadDisqualified, LeadQualified, catalogue
from shared.events.grades import asks_for_whole_grade, letter_of
from shared.expressions import cel
from shared.nesting import MOST_NESTED, nesting

_POSITION = re.compile(r"<input>:(\d+):(\d+): (.*)")
_FIELD = re.compile(r"(?<![\w.\"'])event\.(\w+)")
_KNOWN = frozenset({"event"})


def check_condition(topic: str, condition: str) -> None:
    """Raises Invalid, naming the place, for what does not compile or asks for what this event never has."""
    program = _compiled(condition)
    unknown = set(program.variables()) - _KNOWN - _bound_inside(condition)
    missing = set(_FIELD.findall(condition)) - set(catalogue()[topic].model_fields)
    if nesting(condition) > MOST_NESTED:
        detail = f"Of all, exists, map and filter at most {MOST_NESTED} may stand within each other"
        raise Invalid(detail, field="condition", rule="cel_nesting")
    if unknown:
        raise Invalid(f"Nothing is called {', '.join(sorted(unknown))}: only event is", field="condition", rule="unknown_variable")
    if missing:
        raise Invalid(f"{topic} has no field {', '.join(sorted(missing))}", field="condition", rule="unknown_field")
    if asks_for_whole_grade(condition):
        detail = "event.grade is a letter in conditions, A to D; how much interest there is says event.engagement"
        raise Invalid(detail, field="condition", rule="whole_grade")


def _bound_inside(condition: str) -> set[str]:
    """Names that macros such as `event.lines.exists(line, …)` bring along; CEL lists them beside the free ones."""
    return set(re.findall(r"\.(?:exists|exists_one|all|map|filter)\(\s*(\w+)\s*,", condition))


@lru_cache(maxsize=1_000)
def _compiled(condition: str) -> Any:
    try:
        return cel.compile(condition)
    except ValueError as error:
        raise _explained(str(error)) from None


def _explained(error: str) -> Invalid:
    found = _POSITION.search(error)
    where = f" at line {found[1]}, column {found[2]}: {found[3]}" if found else f": {error[-300:]}"
    return Invalid(f"The condition cannot be read{where}", field="condition", rule="cel")


def facts_of(event: Event) -> dict[str, Any]:
    """An event as conditions see it: absent fields are absent, amounts are numbers, the grade of a lead is its letter."""
    facts: dict[str, Any] = _plain(event.model_dump(exclude_none=True))
    return facts | {"grade": letter_of(facts["grade"])} if isinstance(event, LeadQualified | LeadDisqualified) else facts


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value


def holds(condition: str | None, facts: dict[str, Any]) -> bool:
    """A field that this event happens not to have makes it false; raises Invalid for what makes no sense of the others."""
    if condition is None:
        return True
    try:
        return _compiled(condition).execute({"event": facts}) is True
    except KeyError:
        return False
    except (ValueError, TypeError, LookupError, ArithmeticError, RuntimeError) as error:
        raise Invalid(f"The condition cannot be answered: {error}", field="condition", rule="cel") from None

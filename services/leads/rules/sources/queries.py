"""JMESPath, with the few functions that forms and ad platforms make necessary."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jmespath
from jmespath import functions
from jmespath.exceptions import JMESPathError

from shared.errors import Invalid

# From here on a number of the epoch counts milliseconds; as seconds it would be past the year 5000.
_MILLISECONDS = 100_000_000_000


class _Functions(functions.Functions):
    """`object_of(list, &name, &value)`: an object of a list of questions and answers.

    `merged(list, &key, list, &key)`: each object of the first list with what the one of the second with the same key knows besides.
    `moment(value)`: a time, from one with any kind of offset or from seconds or milliseconds since 1970.
    """

    @functions.signature({"types": ["array", "null"]}, {"types": ["expref"]}, {"types": ["expref"]})
    def _func_object_of(self, rows: list[Any] | None, name: Any, value: Any) -> dict[str, Any]:
        named = ((_visited(name, row), _visited(value, row)) for row in rows or ())
        return {_as_name(key): found for key, found in named if key is not None and found is not None}

    @functions.signature({"types": ["array", "null"]}, {"types": ["expref"]}, {"types": ["array", "null"]}, {"types": ["expref"]})
    def _func_merged(self, rows: list[Any] | None, key: Any, others: list[Any] | None, other_key: Any) -> list[dict[str, Any]]:
        known = {_as_name(_visited(other_key, row)): row for row in others or () if isinstance(row, dict)}
        return [{**known.get(_as_name(_visited(key, row)), {}), **row} for row in rows or () if isinstance(row, dict)]

    @functions.signature({"types": ["string", "number", "null"]})
    def _func_moment(self, value: str | int | float | None) -> str | None:
        """What is no time stays as it is, so that the field that it goes to says what is wrong."""
        try:
            return moment_of(value).isoformat() if value else None
        except (ValueError, OverflowError, OSError):
            return str(value)


_OPTIONS = jmespath.Options(custom_functions=_Functions())


class Query:
    """One compiled expression; `place` is where it stands, for whoever reads what is wrong with it."""

    def __init__(self, expression: str, place: str) -> None:
        self._compiled, self._place = _compiled(expression, place), place

    def find(self, value: Any) -> Any:
        """Raises Invalid when it does not apply to what came, which it never repeats."""
        try:
            return self._compiled.search(value, _OPTIONS)
        except (JMESPathError, RecursionError, TypeError, ValueError) as error:
            raise Invalid(f"{self._place} does not apply to what came", field=self._place, rule="jmespath") from error

    def holds(self, value: Any) -> bool:
        return self.find(value) not in (None, False, "", [], {})


@lru_cache(2_000)
def _parsed(expression: str) -> Any:
    return jmespath.compile(expression)


def _compiled(expression: str, place: str) -> Any:
    try:
        return _parsed(expression)
    except (JMESPathError, RecursionError, ValueError) as error:
        first_line = str(error).splitlines()[0][:200] if str(error) else "it can't be read"
        raise Invalid(f"{place} is no JMESPath: {first_line}", field=place, rule="jmespath_syntax") from error


def _visited(expression: Any, value: Any) -> Any:
    return expression.visit(expression.expression, value)


def _as_name(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def moment_of(value: str | int | float) -> datetime:
    number = float(value) if isinstance(value, int | float) or value.strip().isdigit() else None
    if number is None:
        return datetime.fromisoformat(str(value))
    return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS else number, UTC)

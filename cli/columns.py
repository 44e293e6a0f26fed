"""Which field of an event a column of a table means: its dotted path, or its own name where only one field has it."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from shared.errors import Invalid
from shared.events import Event


def paths_of(event_type: type[Event]) -> dict[str, str]:
    """By column name in lower case. A company's name may be called `company`, a person's e-mail `email`."""
    paths: dict[str, str] = {}
    for path, model_type in _walk(event_type):
        name = f"{path}.name" if model_type is not None and "name" in model_type.model_fields else path
        if model_type is None or name != path:
            paths.setdefault(path.rpartition(".")[2], name)
            paths[path] = name
    return paths


def _walk(model_type: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel] | None]]:
    """What is near comes before what is deep, so that it gets the short name."""
    inner = [(name, _model_in(field.annotation)) for name, field in model_type.model_fields.items()]
    yield from inner
    for name, part in inner:
        if part is not None:
            yield from ((f"{name}.{path}", deeper) for path, deeper in _walk(part))


def _model_in(annotation: Any) -> type[BaseModel] | None:
    alternatives = [annotation, *(alternative for alternative in get_args(annotation) if not _is_list(annotation))]
    return next((each for each in alternatives if isinstance(each, type) and issubclass(each, BaseModel)), None)


def _is_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) in (list, dict)


def nested(cells: Mapping[str, str], paths: Mapping[str, str], *, rest: str | None) -> dict[str, Any]:
    """The cells in their places; an empty cell is an absent field, and a column that no field is called is kept under `rest`."""
    whole: dict[str, Any] = {}
    for column, text in cells.items():
        if text.strip():
            path = paths.get(column.lower()) or (column if "." in column else f"{rest}.{column}" if rest else None)
            if path is not None:
                _put(whole, path.split("."), text)
    return whole


def _put(whole: dict[str, Any], path: list[str], text: str) -> None:
    """Raises Invalid where another cell of the row stands in the way."""
    *outer, last = path
    for depth, name in enumerate(outer, start=1):
        whole = whole.setdefault(name, {})
        if not isinstance(whole, dict):
            raise Invalid(
                f"{'.'.join(outer[:depth])} is text in this row, and has no {'.'.join(path[depth:])}", field=".".join(path), rule="column"
            )
    if isinstance(whole.get(last), dict):
        raise Invalid(f"{'.'.join(path)} holds fields of its own in this row, and is no text", field=".".join(path), rule="column")
    whole[last] = text

"""What a change of a schema would break: the readers we have, the senders we have, and the events that are kept for ever.

A new optional field breaks nobody. Whatever old events, or senders that know the old schema, may hold must stay readable; and of an event
that we say (not of an inbound one) nothing may appear that a reader of the old schema can't expect.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
_AT_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_AT_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def breaks(old: Schema, new: Schema) -> list[str]:
    """One sentence for each thing that would break."""
    return [f"{old['x-topic']}: {sentence}" for sentence in [*_around(old, new), *_Comparison(old, new).of("", old, new)]]


def _around(old: Schema, new: Schema) -> Iterator[str]:
    if old["x-key"] != new["x-key"]:
        yield f"it is keyed by “{new['x-key']}” instead of “{old['x-key']}”: what belonged together loses its order"
    if old["x-inbound"] and not new["x-inbound"]:
        yield "it is no inbound topic any more: who publishes to it is refused"


class _Comparison:
    """Walks two schemas side by side; `where` is the dotted path of a field, empty for the whole."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old.get("$defs", {}), new.get("$defs", {})
        self._said = not new["x-inbound"]

    def of(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        old, new = _resolved(old, self._old), _resolved(new, self._new)
        before, after = _kinds(old, self._old), _kinds(new, self._new)
        for kind in sorted(before.keys() - after.keys()):
            yield f"{_named(where)} may not be {kind} any more"
        for kind in sorted(after.keys() - before.keys()) if self._said else ():
            yield f"{_named(where)} may now be {kind}, which readers do not expect"
        for kind in sorted(before.keys() & after.keys()):
            yield from self._of_kind(where, before[kind], after[kind])

    def _of_kind(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        yield from _limits(where, old, new)
        yield from self._choices(where, old, new)
        yield from _conditions(where, old, new)
        for part in ("items", "additionalProperties", "propertyNames"):
            yield from self._part(where, part, old, new)
        yield from self._fields(where, old, new)

    def _choices(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        before, after = _choices_of(old), _choices_of(new)
        if after is not None:
            gone = "anything else" if before is None else ", ".join(sorted(before - after))
            if gone:
                yield f"{_named(where)} may not be {gone} any more"
        if before is not None and self._said and (after is None or after - before):
            more = "anything" if after is None else ", ".join(sorted(after - before))
            yield f"{_named(where)} may now be {more}, which readers do not expect"

    def _part(self, where: str, part: str, old: Schema, new: Schema) -> Iterator[str]:
        before, after = old.get(part), new.get(part)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self.of(f"{where}[]", before, after)
        elif isinstance(before, dict) and part != "propertyNames":
            yield f"{_named(where)} does not hold entries any more"
        elif isinstance(after, dict) and part == "propertyNames":
            yield f"{_named(where)} limits the names of its entries now"

    def _fields(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_after = set(old.get("required", [])), set(new.get("required", []))
        for name in before:
            path = f"{where}.{name}" if where else name
            if name not in after:
                yield f"{_named(path)} is gone"
            else:
                yield from self.of(path, before[name], after[name])
        for name in sorted(needed_after - needed_before):
            yield f"{_named(f'{where}.{name}' if where else name)} is required now: events without it can't be read"
        for name in sorted((needed_before - needed_after) & after.keys()) if self._said else ():
            yield f"{_named(f'{where}.{name}' if where else name)} may be missing now, and readers rely on it"


def _limits(where: str, old: Schema, new: Schema) -> Iterator[str]:
    for names, tighter in ((_AT_LEAST, lambda was, now: now > was), (_AT_MOST, lambda was, now: now < was)):
        for name in names:
            was, now = old.get(name), new.get(name)
            if now is not None and (was is None or tighter(was, now)):
                yield f"{_named(where)} has a narrower limit: {name} {'none' if was is None else was} becomes {now}"
    if new.get("pattern") not in (None, old.get("pattern")):
        yield f"{_named(where)} must match another pattern: {new['pattern']}"


def _conditions(where: str, old: Schema, new: Schema) -> Iterator[str]:
    """Alternatives of which one must hold: each one more is a way out, each one less is a trap."""
    before, after = old.get("anyOf", []), new.get("anyOf", [])
    if after and not (before and all(each in after for each in before)):
        yield f"{_named(where)} must meet other conditions than before"


def _resolved(schema: Schema, defs: Schema) -> Schema:
    return defs[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _kinds(schema: Schema, defs: Schema) -> dict[str, Schema]:
    """The kinds of value that this may be, each with its own limits."""
    alternatives = schema["anyOf"] if "anyOf" in schema and "type" not in schema else [schema]
    resolved = [_resolved(each, defs) for each in alternatives]
    return {" ".join(filter(None, (each.get("type"), each.get("format")))): each for each in resolved}


def _choices_of(schema: Schema) -> set[str] | None:
    if "const" in schema:
        return {str(schema["const"])}
    return {str(each) for each in schema["enum"]} if "enum" in schema else None


def _named(where: str) -> str:
    return where or "the data"

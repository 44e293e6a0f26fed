"""Lists that page by cursor: stable while rows come and go, one query per page, and only what was announced can be asked for."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError
from pymongo.errors import ExecutionTimeout
from starlette.datastructures import QueryParams

from shared.cursor import Place, cursor_of, place_of
from shared.errors import Invalid, Refused, Violation
from shared.violations import violations_of

if TYPE_CHECKING:
    from shared.database import Database

V = TypeVar("V")
Document = dict[str, Any]
# By filter the values that will do; None for rows without one.
Chosen = Mapping[str, Sequence[str | None]]
DEFAULT_LIMIT, MAX_LIMIT = 50, 200
MAX_CHOICES = 100
_ORDERED = (int, float, Decimal, datetime, date)
_OPERATORS = {"gte": "$gte", "lte": "$lte"}
_LIMIT: TypeAdapter[int] = TypeAdapter(int)


class Page(BaseModel, Generic[V]):
    """`next` is the cursor of the following page, null on the last."""

    items: list[V]
    next: str | None = None


class Wanted(NamedTuple):
    """A condition, and the keys of the index that is to serve it, or the server chooses how.

    Where that takes more than so many milliseconds, it is looked for `otherwise`.
    """

    condition: Document
    by: Sequence[tuple[str, int]] | None = None
    within_ms: int | None = None
    otherwise: "Wanted | None" = None


class Gathered(NamedTuple):
    """Filters that are served together: of the values chosen, a scope, and the stored field to sort by, `seek` makes one condition."""

    names: Sequence[str]
    seek: Callable[["Database", Chosen, Document, str], Awaitable[Wanted]]


def said_once(params: Mapping[str, str]) -> dict[str, str]:
    """Raises Invalid for names that are given more than once: all but the last would count for nothing."""
    given = Counter(name for name, _ in params.multi_items()) if isinstance(params, QueryParams) else Counter[str]()
    twice = [
        Violation(name[:100], "once", "several values of one name stand with commas between them") for name in given if given[name] > 1
    ]
    if twice:
        raise Invalid("The query says something twice", violations=tuple(twice))
    return dict(params)


class Listing(Generic[V]):
    """How one collection may be listed.

    `sorts` are the fields to sort by (`-` in front: descending); `filters` name → type, beside those that are `gathered`. A filter takes
    one value, several with commas between them, or nothing for rows without a value; ordered types take `name__gte` and `name__lte` too.
    A query is served by an index that ends in (sort field, _id).
    """

    def __init__(
        self,
        collection: str,
        *,
        view: Callable[[Document], V],
        sorts: Sequence[str],
        default_sort: str,
        filters: Mapping[str, Any] | None = None,
        gathered: Gathered | None = None,
    ) -> None:
        self._collection, self._view = collection, view
        self._sorts, self._default_sort = tuple(sorts), default_sort
        self._gathered = gathered
        names = gathered.names if gathered else ()
        self._filters = {name: _Filter(name, of) for name, of in (dict.fromkeys(names, str) | dict(filters or {})).items()}

    @property
    def described(self) -> Document:
        """For the route of the list: `@router.get("", openapi_extra=LEADS.described)`."""
        sorts = [sort for name in self._sorts for sort in (name, f"-{name}")]
        own = [
            _parameter("sort", {"type": "string", "enum": sorts, "default": self._default_sort}, "`-` in front: descending."),
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
            _parameter("cursor", {"type": "string"}, "`next` of the page before."),
        ]
        return {"parameters": [*own, *(_parameter(*told) for one in self._filters.values() for told in one.described())]}

    async def page(
        self,
        db: "Database",
        params: Mapping[str, str],
        *,
        scope: Document | None = None,
        also: Document | None = None,
        view: Callable[[Document], V] | None = None,
    ) -> Page[V]:
        """The rows within `scope` that the query parameters ask for, seen through this caller's `view` if there is one.

        `also` is a second scope that no index puts in one order with the first. Raises Invalid, naming each parameter that is wrong.
        """
        sort, limit, asked, chosen = self._understood(said_once(params))
        place = place_of(params["cursor"], listing=self._collection, sort=sort) if params.get("cursor") else None
        parts = [[*asked, part] for part in (place.beyond() if place else [{}])]
        seek = self._gathered.seek if self._gathered else _as_it_is
        rows: list[Document] = []
        for one in [scope or {}] if also is None else [scope or {}, also]:
            rows += await self._rows(db, await seek(db, chosen, one, _sort_key(sort)[0]), parts, sort, limit)
        if also is not None:
            rows = _in_order(rows, sort)
        return Page[V](items=[(view or self._view)(row) for row in rows[:limit]], next=self._next(rows, limit, sort))

    async def _rows(self, db: "Database", wanted: Wanted, parts: Sequence[Sequence[Document]], sort: str, limit: int) -> list[Document]:
        """One more than are shown, if there is one; each part is a list of conditions, and they follow each other."""
        rows: list[Document] = []
        for conditions in parts:
            if len(rows) <= limit:
                rows += await self._some(db, wanted, conditions, sort, limit + 1 - len(rows))
        return rows

    async def _some(self, db: "Database", wanted: Wanted, conditions: Sequence[Document], sort: str, most: int) -> list[Document]:
        asked, (field, direction) = [part for part in (wanted.condition, *conditions) if part], _sort_key(sort)
        keys = [(field, direction)] if field == "_id" else [(field, direction), ("_id", direction)]
        found = db.collection(self._collection).find(
            {"$and": asked} if asked else {}, sort=keys, limit=most, hint=wanted.by, max_time_ms=wanted.within_ms
        )
        try:
            rows: list[Document] = await found.to_list(most)
        except ExecutionTimeout:
            if wanted.otherwise is None:
                raise
            return await self._some(db, wanted.otherwise, conditions, sort, most)
        return rows

    def _next(self, rows: list[Document], limit: int, sort: str) -> str | None:
        if len(rows) <= limit:
            return None
        field, direction = _sort_key(sort)
        last = rows[limit - 1]
        return cursor_of(Place(field, direction, _at(last, field), last["_id"]), listing=self._collection, sort=sort)

    def _understood(self, params: Mapping[str, str]) -> tuple[str, int, list[Document], Chosen]:
        wrong: list[Violation] = []
        asked: list[Document] = []
        chosen: dict[str, Sequence[str | None]] = {}
        sort, limit = self._default_sort, DEFAULT_LIMIT
        for name, text in params.items():
            try:
                if name == "sort":
                    sort = self._sort(text)
                elif name == "limit":
                    limit = _limit(text)
                elif self._gathered and name in self._gathered.names:
                    chosen[name] = self._filters[name].values(text)
                elif name != "cursor":
                    asked.append(self._condition(name, text))
            except Refused as refused:
                wrong.extend(refused.violations)
        if wrong:
            raise Invalid("The query asks for what this list can't give", violations=tuple(wrong))
        return sort, limit, asked, chosen

    def _sort(self, text: str) -> str:
        if text.removeprefix("-") not in self._sorts:
            raise Invalid(f"Sort by one of: {', '.join(self._sorts)}", field="sort", rule="unknown_sort")
        return text

    def _condition(self, name: str, text: str) -> Document:
        plain, _, operator = name.partition("__")
        chosen = self._filters.get(plain)
        if chosen is None or (operator and not (operator in _OPERATORS and chosen.ordered)):
            raise Invalid(f"This list can't be filtered by {name[:100]}", field=name[:100], rule="unknown_filter")
        return {chosen.field: chosen.bound(operator, text) if operator else chosen.choice(text)}


class _Filter:
    """One field that a list may be filtered by, and what its values are."""

    def __init__(self, name: str, of: Any) -> None:
        self.name, self.field = name, _stored(name)
        self.ordered = isinstance(of, type) and issubclass(of, _ORDERED) and of is not bool
        self._values: TypeAdapter[Any] = TypeAdapter(AwareDatetime if of is datetime else of)

    def described(self) -> Iterator[tuple[str, Document, str]]:
        yield self.name, {"type": "string"}, "One value, several with commas between them, or nothing for rows without one."
        for operator in _OPERATORS if self.ordered else ():
            yield f"{self.name}__{operator}", {"type": "string"}, {"gte": "At least.", "lte": "At most."}[operator]

    def bound(self, operator: str, text: str) -> Document:
        return {_OPERATORS[operator]: self._value(text, f"{self.name}__{operator}")}

    def choice(self, text: str) -> Document:
        values = self.values(text)
        return {"$in": values} if len(values) > 1 else {"$eq": values[0]}

    def values(self, text: str) -> list[Any]:
        """None for rows without one."""
        texts = text.split(",")
        if len(texts) > MAX_CHOICES:
            raise Invalid(f"At most {MAX_CHOICES} values", field=self.name, rule="too_many")
        return [self._value(one, self.name) for one in texts] if text else [None]

    def _value(self, text: str, name: str) -> Any:
        try:
            return self._values.validate_python(text)
        except ValidationError as error:
            (problem, *_) = violations_of(error)
            raise Invalid(problem.detail, field=name, rule=problem.rule) from None


async def _as_it_is(db: "Database", chosen: Chosen, scope: Document, sort: str) -> Wanted:
    return Wanted(scope)


def _parameter(name: str, schema: Document, description: str = "") -> Document:
    return {"name": name, "in": "query", "schema": schema, **({"description": description} if description else {})}


def _limit(text: str) -> int:
    try:
        limit = _LIMIT.validate_python(text)
    except ValidationError:
        limit = 0
    if not 1 <= limit <= MAX_LIMIT:
        raise Invalid(f"A limit is a whole number from 1 to {MAX_LIMIT}", field="limit", rule="range")
    return limit


def _sort_key(sort: str) -> tuple[str, int]:
    return _stored(sort.removeprefix("-")), -1 if sort.startswith("-") else 1


def _in_order(rows: Sequence[Document], sort: str) -> list[Document]:
    """Each once; what has no value stands before what has one, as on the server."""
    field, direction = _sort_key(sort)
    once = {row["_id"]: row for row in rows}.values()
    return sorted(once, key=lambda row: ((at := _at(row, field)) is not None, at, row["_id"]), reverse=direction < 0)


def _stored(name: str) -> str:
    return "_id" if name == "id" else name


def _at(document: Document, path: str) -> Any:
    value: Any = document
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value

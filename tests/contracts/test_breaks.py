"""A change that breaks somebody is told apart from one that breaks nobody."""

from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from shared.schemas import Schema
from tests.contracts.breaks import breaks
from tests.contracts.generate import broken, contract_of


class Line(BaseModel):
    product: str
    note: str | None = None


class Promised(BaseModel):
    """What was promised."""

    topic: ClassVar[str] = "parcel.sent"
    key_field: ClassVar[str] = "parcel_id"
    inbound: ClassVar[bool] = False

    parcel_id: Annotated[str, Field(max_length=20)]
    weight: Annotated[int, Field(ge=0, le=100)]
    kind: Literal["letter", "box"] = "box"
    to: Annotated[str, Field(pattern="^[a-z]+$")] | None = None
    lines: Annotated[list[Line], Field(max_length=10)] = []
    labels: dict[str, str] = {}


class Received(Promised):
    inbound: ClassVar[bool] = True


def changed(of: type[BaseModel] = Promised, **fields: Any) -> Schema:
    return contract_of(create_model("Changed", __base__=of, **fields))  # type: ignore[arg-type, call-overload]


def without(schema: Schema, field: str) -> Schema:
    return schema | {"properties": {name: inner for name, inner in schema["properties"].items() if name != field}}


class LineWithoutNote(BaseModel):
    product: str


class LineWithPrice(Line):
    price: int


class LineWithOffer(Line):
    offer: int | None = None


BEFORE, RECEIVED = contract_of(Promised), contract_of(Received)  # type: ignore[arg-type]

FOR_ANYONE = {
    "weight is gone": without(BEFORE, "weight"),
    "weight may not be integer any more": changed(weight=(bool, ...)),
    "express is required now: events without it can't be read": changed(express=(bool, ...)),
    "kind is required now: events without it can't be read": changed(kind=(Literal["letter", "box"], ...)),
    "kind may not be letter any more": changed(kind=(Literal["box"], "box")),
    "parcel_id may not be anything else any more": changed(parcel_id=(Literal["p1", "p2"], ...)),
    "parcel_id has a narrower limit: maxLength 20 becomes 10": changed(parcel_id=(Annotated[str, Field(max_length=10)], ...)),
    "weight has a narrower limit: minimum 0 becomes 1": changed(weight=(Annotated[int, Field(ge=1, le=100)], ...)),
    "weight has a narrower limit: maximum 100 becomes 50": changed(weight=(Annotated[int, Field(ge=0, le=50)], ...)),
    "lines has a narrower limit: maxItems 10 becomes 5": changed(lines=(Annotated[list[Line], Field(max_length=5)], [])),
    "lines has a narrower limit: minItems none becomes 1": changed(lines=(Annotated[list[Line], Field(min_length=1, max_length=10)], [])),
    "to must match another pattern: ^[a-c]+$": changed(to=(Annotated[str, Field(pattern="^[a-c]+$")] | None, None)),
    "lines[].note is gone": changed(lines=(Annotated[list[LineWithoutNote], Field(max_length=10)], [])),
    "lines[].price is required now: events without it can't be read": changed(
        lines=(Annotated[list[LineWithPrice], Field(max_length=10)], [])
    ),
    "labels[] may not be string any more": changed(labels=(dict[str, int], {})),
    "labels limits the names of its entries now": changed(labels=(dict[Annotated[str, Field(max_length=9)], str], {})),
    "the data must meet other conditions than before": BEFORE | {"anyOf": [{"required": ["to"]}]},
    "it is keyed by “to” instead of “parcel_id”: what belonged together loses its order": BEFORE | {"x-key": "to"},
}
FOR_READERS = {
    "parcel_id may be missing now, and readers rely on it": {"parcel_id": (Annotated[str, Field(max_length=20)] | None, None)},
    "weight may now be string, which readers do not expect": {"weight": (Annotated[int, Field(ge=0, le=100)] | str, ...)},
    "kind may now be pallet, which readers do not expect": {"kind": (Literal["letter", "box", "pallet"], "box")},
    "kind may now be anything, which readers do not expect": {"kind": (str, "box")},
}


@pytest.mark.parametrize("sentence", FOR_ANYONE)
def test_what_breaks_is_said_in_a_sentence(sentence: str) -> None:
    assert f"parcel.sent: {sentence}" in breaks(BEFORE, FOR_ANYONE[sentence])


@pytest.mark.parametrize("sentence", FOR_READERS)
def test_what_only_readers_mind_may_change_on_an_inbound_topic(sentence: str) -> None:
    assert breaks(BEFORE, changed(Promised, **FOR_READERS[sentence])) == [f"parcel.sent: {sentence}"]
    assert breaks(RECEIVED, changed(Received, **FOR_READERS[sentence])) == []


@pytest.mark.parametrize("sentence", [sentence for sentence in FOR_ANYONE if "narrower" in sentence])
def test_a_narrower_limit_breaks_senders_too(sentence: str) -> None:
    narrowed = FOR_ANYONE[sentence] | {"x-inbound": True}
    assert f"parcel.sent: {sentence}" in breaks(RECEIVED, narrowed)


@pytest.mark.parametrize(
    "fields",
    [
        {"insured": (bool | None, None)},
        {"insured": (bool, False)},
        {"parcel_id": (Annotated[str, Field(max_length=200)], ...)},
        {"weight": (int, ...)},
        {"to": (str | None, None)},
        {"lines": (Annotated[list[LineWithOffer], Field(max_length=100)], [])},
    ],
)
def test_an_optional_field_more_or_a_wider_limit_breaks_nobody(fields: dict[str, Any]) -> None:
    assert breaks(BEFORE, changed(**fields)) == []


def test_one_way_more_to_meet_a_condition_breaks_nobody() -> None:
    one, two = {"required": ["to"]}, {"required": ["weight"]}
    assert breaks(BEFORE | {"anyOf": [one]}, BEFORE | {"anyOf": [one, two]}) == []
    assert breaks(BEFORE | {"anyOf": [one, two]}, BEFORE | {"anyOf": [one]}) != []


def test_a_topic_that_takes_outsiders_can_not_shut_them_out() -> None:
    assert "parcel.sent: it is no inbound topic any more: who publishes to it is refused" in breaks(RECEIVED, BEFORE)


def test_what_does_not_change_breaks_nobody() -> None:
    assert breaks(BEFORE, BEFORE) == []
    assert breaks(RECEIVED, RECEIVED) == []


def test_the_models_keep_every_promise_that_is_checked_in() -> None:
    assert broken() == []

"""Examples in our OpenAPI read like what is really said, and keep to the schema beside them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import AwareDatetime, BaseModel, Field

from shared.events.values import Id, Money, Slug
from shared.example_values import VALUES
from shared.examples import example_of


class NewRep(BaseModel):
    name: str
    email: str


class Sale(BaseModel):
    id: Id
    owner_id: Id | None = None
    status: Literal["new", "won"]
    amount: Money
    currency: str
    first_seen_at: AwareDatetime
    due: date | None = None
    reps: list[NewRep] = Field(min_length=1)
    score: Annotated[int, Field(ge=90)]
    name: Slug
    quirk: str = ""


def example(model: type[BaseModel], mode: Any = "validation") -> Any:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode=mode)
    known = schema.pop("$defs", {})
    made = example_of(schema, known)
    Draft202012Validator({**schema, "components": {"schemas": known}}).validate(made)
    return made


def test_an_example_says_money_as_a_decimal_string_and_times_with_their_zone() -> None:
    sale = example(Sale)
    assert Decimal(sale["amount"]) == Decimal("24800.00")
    assert sale["currency"] == "EUR"
    assert sale["first_seen_at"].endswith("+01:00")


def test_a_name_is_that_of_the_thing_that_it_is_the_name_of() -> None:
    sale = example(Sale)
    assert sale["reps"][0] == {"name": "Chloe Martin", "email": "chloe.martin@dealwire.example"}
    assert (sale["name"], sale["owner_id"]) == ("acme-pumps", "chloe")


def test_what_the_schema_does_not_allow_is_not_said() -> None:
    sale = example(Sale)
    assert sale["status"] == "new"
    assert sale["score"] == 90
    assert sale["due"] is None or date.fromisoformat(sale["due"])


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_an_example_is_one_that_the_model_takes(mode: str) -> None:
    assert Sale.model_validate(example(Sale, mode))


def test_no_value_of_the_table_is_a_placeholder() -> None:
    said = {value for values in VALUES.values() for value in values if isinstance(value, str)}
    assert said.isdisjoint({"string", "foo", "example", ""})

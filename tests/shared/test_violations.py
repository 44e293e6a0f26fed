"""Pydantic's findings in the words of the house."""

from typing import Annotated, Any, Literal

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, EmailStr, Field, TypeAdapter, ValidationError, field_validator

from shared.errors import Violation
from shared.violations import MOST, violations_of


class Order(BaseModel):
    number: Annotated[int, Field(gt=0)]
    status: Literal["placed", "shipped"] = "placed"
    notes: Annotated[list[str], Field(max_length=1_000)] = []
    code: str = "x"

    @field_validator("code")
    @classmethod
    def _short(cls, code: str) -> str:
        if len(code) > 3:
            raise ValueError("must have at most 3 letters")
        return code


def found(**order: Any) -> tuple[Violation, ...]:
    with pytest.raises(ValidationError) as error:
        Order.model_validate(order)
    return violations_of(error.value)


@pytest.mark.parametrize(
    ("order", "violation"),
    [
        ({}, Violation("number", "missing", "number is required")),
        ({"number": "many"}, Violation("number", "int_parsing", "number must be a whole number")),
        ({"number": 0}, Violation("number", "greater_than", "number must be more than 0")),
        ({"number": 1, "status": "lost"}, Violation("status", "literal_error", "status must be 'placed' or 'shipped'")),
        ({"number": 1, "notes": ["a", 2]}, Violation("notes.1", "string_type", "notes.1 must be text")),
        ({"number": 1, "notes": ["a"] * 1_001}, Violation("notes", "too_long", "notes must have at most 1000 entries")),
        ({"number": 1, "code": "long"}, Violation("code", "value_error", "code must have at most 3 letters")),
    ],
)
def test_a_violation_is_a_field_a_rule_and_a_sentence(order: dict[str, Any], violation: Violation) -> None:
    assert found(**order) == (violation,)


def test_a_place_in_the_request_is_no_part_of_the_field() -> None:
    rows = [
        {"loc": ("body", "number"), "type": "missing", "msg": "Field required"},
        {"loc": ("body",), "type": "missing", "msg": "Field required"},
    ]
    assert [violation.detail for violation in violations_of(RequestValidationError(rows))] == ["number is required", "It is required"]


def test_a_field_that_is_called_body_keeps_its_name_within_the_body() -> None:
    rows = [{"loc": ("body", "body"), "type": "missing", "msg": "Field required"}]
    assert violations_of(RequestValidationError(rows))[0].field == "body"


def test_thousands_of_broken_fields_are_a_hundred_violations() -> None:
    assert len(found(number=1, notes=list(range(900)))) == MOST


def test_a_validator_of_someone_elses_speaks_for_itself() -> None:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(EmailStr).validate_python("nobody")
    [violation] = violations_of(error.value)
    assert (violation.rule, violation.field) == ("value_error", "")
    assert violation.detail.startswith("It is wrong: value is not a valid email address")

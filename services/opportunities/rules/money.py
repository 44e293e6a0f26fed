"""Amounts and currencies: an amount is nothing without its currency."""

from collections.abc import Sequence
from decimal import Decimal

import pycountry

from shared.errors import Invalid
from shared.events import Interest, Line

CURRENCIES = frozenset(currency.alpha_3 for currency in pycountry.currencies)
MOST = Decimal(10) ** 12


def check_money(amount: Decimal | None, currency: str | None) -> None:
    """Raises Invalid for an amount without a currency, or a currency that ISO 4217 does not know."""
    if amount is not None and currency is None:
        raise Invalid("an amount needs its currency", field="currency", rule="required")
    if currency is not None and currency not in CURRENCIES:
        raise Invalid(f"{currency} is no ISO 4217 currency", field="currency", rule="iso4217")


def budget_of(interest: Interest) -> tuple[Decimal | None, str | None]:
    """The first guess at an amount: the budget that the lead named, if it named its currency too."""
    if interest.budget is None or interest.currency not in CURRENCIES:
        return None, None
    return interest.budget, interest.currency


def priced(lines: Sequence[Line], currency: str) -> list[Line]:
    """The lines in the one currency of their proposal. Raises Invalid for a line in another."""
    for number, line in enumerate(lines):
        if line.currency not in (None, currency):
            raise Invalid(f"the line is in {line.currency}, the proposal in {currency}", field=f"lines.{number}.currency", rule="same")
    return [Line(product=line.product, quantity=line.quantity, unit_price=line.unit_price, currency=currency) for line in lines]


def total_of(lines: Sequence[Line]) -> Decimal:
    """Raises Invalid when there is nothing to add up, or too much."""
    if not lines:
        raise Invalid("a proposal needs an amount, or lines with prices", field="amount", rule="required")
    for number, line in enumerate(lines):
        if line.unit_price is None:
            raise Invalid("without an amount every line needs a price", field=f"lines.{number}.unit_price", rule="required")
    total = sum((line.quantity * (line.unit_price or Decimal(0)) for line in lines), Decimal(0))
    return _in_bounds(total)


def _in_bounds(total: Decimal) -> Decimal:
    if total >= MOST:
        raise Invalid(f"the lines add up to {total:f}; at most {MOST:f} go", field="lines", rule="too_much")
    return total.quantize(Decimal("0.000001")).normalize() + Decimal("0.00")

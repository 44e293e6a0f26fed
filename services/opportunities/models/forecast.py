"""What a forecast is made of, and what it says."""

from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel

from shared.events.opportunities import ForecastCategory
from shared.events.values import Money


class Sum(NamedTuple):
    """The opportunities of one owner that share currency, category and probability, added up."""

    owner_id: str | None
    currency: str
    category: ForecastCategory
    probability: Decimal
    amount: Decimal
    opportunities: int


class Forecast(BaseModel):
    """`weighted` is each open amount times its probability; what is won stands in the category `closed` alone."""

    owner_id: str | None
    owner_name: str | None = None
    currency: str
    opportunities: int = 0
    weighted: Money = Decimal(0)
    categories: dict[ForecastCategory, Money]

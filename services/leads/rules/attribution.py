"""What brought a lead: its touches, and how the credit for it is shared out among them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from shared.events import Attribution

Model = Literal["first", "last", "linear", "time_decay"]
MODELS: tuple[Model, ...] = ("first", "last", "linear", "time_decay")
HALF_LIFE = timedelta(days=7)
# Credit is shared out in whole millionths, so that the shares of one lead are one lead, to the last.
WHOLE = 1_000_000
# Source, campaign, and by model millionths of a deal, by model and currency (`linear:EUR`) parts of its amount.
Earned = tuple[str, str, dict[str, Any]]
# The kinds of counters: a month is under its first day.
BY_DAY, BY_MONTH = "credit", "credit_of_month"


class Touch(BaseModel):
    """One sign of interest: a submission, or an engagement. `credit` is its share by each model."""

    kind: Literal["submission", "engagement"]
    id: str
    at: datetime
    source: str
    campaign: str | None = None
    medium: str | None = None
    referrer: str | None = None
    detail: str | None = None
    credit: dict[str, float] = {}


def shares(model: Model, times: Sequence[datetime]) -> list[int]:
    """In millionths, of touches in the order of time; none of none."""
    if not times:
        return []
    if model in ("first", "last"):
        chosen = 0 if model == "first" else len(times) - 1
        return [WHOLE if number == chosen else 0 for number in range(len(times))]
    return _apportioned([1.0] * len(times) if model == "linear" else [0.5 ** ((times[-1] - at) / HALF_LIFE) for at in times])


def _apportioned(weights: Sequence[float]) -> list[int]:
    """What is lost in rounding down goes to those that lost most, the latest first."""
    total = sum(weights)
    exact = [weight / total * WHOLE for weight in weights]
    whole = [int(share) for share in exact]
    order = sorted(range(len(whole)), key=lambda number: (exact[number] - whole[number], number), reverse=True)
    for number in order[: WHOLE - sum(whole)]:
        whole[number] += 1
    return whole


def credited(touches: Sequence[Touch]) -> list[Touch]:
    """In the order of time, each with its share by every model."""
    ordered = sorted(touches, key=lambda touch: (touch.at, touch.id))
    times = [touch.at for touch in ordered]
    by_model = {model: shares(model, times) for model in MODELS}
    return [
        touch.model_copy(update={"credit": {model: by_model[model][number] / WHOLE for model in MODELS}})
        for number, touch in enumerate(ordered)
    ]


def earned(touches: Sequence[Touch], closed_at: datetime, amount: Decimal | None, currency: str | None) -> list[Earned]:
    """What a won deal is worth to each source and campaign; what came after the close earns nothing."""
    found: defaultdict[tuple[str, str], defaultdict[str, Any]] = defaultdict(lambda: defaultdict(int))
    for touch in credited([touch for touch in touches if touch.at <= closed_at]):
        for model in MODELS:
            share = round(touch.credit[model] * WHOLE)
            found[touch.source, touch.campaign or ""][model] += share
            if amount is not None and currency:
                found[touch.source, touch.campaign or ""][f"{model}:{currency}"] += (amount * share).scaleb(-6)
    return [(*key, {measure: number for measure, number in worth.items() if number}) for key, worth in found.items()]


def periods(first: date, last: date) -> list[tuple[str, date, date]]:
    """The kinds of counters that make up these days: that of months as far as they are whole, that of days before and after."""
    following = last + timedelta(days=1)
    # Four days after the 28th it is the next month.
    start = ((first - timedelta(days=1)).replace(day=28) + timedelta(days=4)).replace(day=1)
    end = following.replace(day=1)
    if start >= end:
        return [(BY_DAY, first, last)]
    found = [(BY_DAY, first, start - timedelta(days=1)), (BY_MONTH, start, end - timedelta(days=1)), (BY_DAY, end, last)]
    return [(kind, begin, until) for kind, begin, until in found if begin <= until]


def touch_of_submission(row: Mapping[str, Any]) -> Touch:
    """What a platform sent in its own words (`via`) tells only what it was read as."""
    said = {} if "via" in row else _said(row.get("raw"))
    attribution = _attribution(said.get("attribution"))
    campaign = row.get("campaign") or attribution.campaign
    at = _moment(said.get("submitted_at"), row["received_at"])
    told = {"campaign": campaign, "medium": attribution.medium, "referrer": attribution.referrer}
    return Touch(kind="submission", id=row["_id"], at=at, source=row["source"], **told)


def touch_of_engagement(row: Mapping[str, Any]) -> Touch:
    return Touch(kind="engagement", id=row["_id"], at=row["occurred_at"], source=row["kind"], detail=row.get("detail"))


def _said(raw: bytes | None) -> dict[str, Any]:
    """What came, whether bare or inside a structured CloudEvent."""
    try:
        said = from_json(raw) if raw else {}
    except ValueError:
        return {}
    inner = said.get("data") if isinstance(said, dict) else None
    return inner if isinstance(inner, dict) else said if isinstance(said, dict) else {}


def _attribution(value: Any) -> Attribution:
    try:
        return Attribution.model_validate(value or {})
    except ValidationError:
        return Attribution()


def _moment(text: Any, otherwise: datetime) -> datetime:
    """When it is said to have been submitted, unless that is no time, or one to come."""
    try:
        at = datetime.fromisoformat(text)
        return min(at.astimezone(UTC), otherwise) if at.tzinfo else otherwise
    except (TypeError, ValueError, OverflowError):
        return otherwise

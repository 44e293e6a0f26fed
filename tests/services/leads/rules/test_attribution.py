"""The credit for a lead is shared out among its touches, whole."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.rules.attribution import BY_MONTH, MODELS, WHOLE, Model, Touch, credited, earned, periods, shares, touch_of_submission
from services.leads.rules.reports import cost_of, days_of, disqualification_rows, grouped, response_row, start_of

MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
_times = st.lists(st.integers(0, 400 * 24 * 60), max_size=40).map(lambda some: [MARCH + timedelta(minutes=one) for one in sorted(some)])


@given(st.sampled_from(MODELS), _times)
def test_the_shares_of_one_lead_are_one_lead(model: Model, times: list[datetime]) -> None:
    parts = shares(model, times)
    assert len(parts) == len(times)
    assert sum(parts) == (WHOLE if times else 0)
    assert all(part >= 0 for part in parts)


@given(_times.filter(bool))
def test_the_later_a_touch_the_more_it_earns_as_time_decays(times: list[datetime]) -> None:
    parts = shares("time_decay", times)
    assert all(later >= earlier - 1 for earlier, later in zip(parts, parts[1:], strict=False))


@given(_times.filter(bool))
def test_linear_shares_are_alike(times: list[datetime]) -> None:
    parts = shares("linear", times)
    assert max(parts) - min(parts) <= 1


def test_a_touch_of_a_week_before_earns_half() -> None:
    assert shares("time_decay", [MARCH, MARCH + timedelta(days=7)]) == [333_333, 666_667]


def test_a_touch_is_as_old_as_it_is_said_to_be_but_not_yet_to_come() -> None:
    row = {"_id": "s", "source": "web", "received_at": MARCH}
    assert touch_of_submission({**row, "raw": b'{"submitted_at": "2026-01-02T03:04:05+01:00"}'}).at == datetime(
        2026, 1, 2, 2, 4, 5, tzinfo=UTC
    )
    assert touch_of_submission({**row, "raw": b'{"submitted_at": "2030-01-01T00:00:00Z"}'}).at == MARCH
    assert touch_of_submission({**row, "raw": b'{"data": {"attribution": {"campaign": "spring"}}}'}).campaign == "spring"
    assert touch_of_submission({**row, "raw": b"\xff"}).campaign is None


@given(st.dates(date(2023, 12, 1), date(2026, 3, 1)), st.integers(0, 800))
def test_days_are_read_month_by_month_as_far_as_they_are_whole(first: date, more: int) -> None:
    last = first + timedelta(days=more)
    found = periods(first, last)
    assert (found[0][1], found[-1][2]) == (first, last)
    assert all(until + timedelta(days=1) == begin for (*_, until), (_, begin, _) in pairwise(found))
    for kind, begin, until in found:
        if kind == BY_MONTH:
            assert (begin.day, (until + timedelta(days=1)).day) == (1, 1)
        else:
            assert (until - begin).days < 61


@given(_times.filter(bool))
def test_a_deal_is_earned_whole_by_what_came_before_it(times: list[datetime]) -> None:
    touches = [Touch(kind="engagement", id=str(number), at=at, source=f"s{number % 3}") for number, at in enumerate(times)]
    found = earned(touches, times[0], Decimal("100.01"), "EUR")
    for model in MODELS:
        assert sum(worth.get(model, 0) for *_, worth in found) == WHOLE
        assert sum(worth.get(f"{model}:EUR", 0) for *_, worth in found) == Decimal("100.01")
    assert earned(touches, times[0] - timedelta(minutes=1), None, None) == []


@given(_times)
def test_touches_are_told_in_the_order_of_time(times: list[datetime]) -> None:
    rows = [{"_id": str(number), "source": "web", "received_at": at} for number, at in enumerate(reversed(times))]
    assert [touch.at for touch in credited([touch_of_submission(row) for row in rows])] == times


def test_a_month_costs_what_it_costs_however_it_is_cut() -> None:
    whole = cost_of(Decimal(310), "EUR", (date(2026, 3, 1), date(2026, 3, 31)), {"captured": 10, "won": 2})
    assert (whole.amount, whole.per_lead, whole.per_won) == (Decimal("310.00"), Decimal("31.00"), Decimal("155.00"))
    day = cost_of(Decimal(310), "EUR", (date(2026, 3, 31), date(2026, 4, 1)), {})
    assert (day.amount, day.per_lead) == (Decimal("20.33"), None)


@pytest.mark.parametrize(
    ("period", "start", "days"),
    [
        ("day", "2026-03-04", (date(2026, 3, 4), date(2026, 3, 4))),
        ("week", "2026-03-02", (date(2026, 3, 3), date(2026, 3, 8))),
        ("month", "2026-03-01", (date(2026, 3, 3), date(2026, 3, 20))),
        ("all", "", (date(2026, 3, 3), date(2026, 3, 20))),
    ],
)
def test_a_period_is_as_long_as_it_was_asked_for(period: str, start: str, days: tuple[date, date]) -> None:
    assert start_of(period, "2026-03-04") == start  # type: ignore[arg-type]
    assert days_of(period, start, (date(2026, 3, 3), date(2026, 3, 20))) == days  # type: ignore[arg-type]


def test_counters_are_added_up_by_period_and_name() -> None:
    sums = {
        ("flow", "2026-03-02", "web", "spring"): {"captured": 2},
        ("flow", "2026-03-03", "web", ""): {"captured": 3, "won": 1},
        ("rep", "2026-03-03", "ana", ""): {"assigned": 1},
    }
    assert grouped(sums, "source", "week") == {("2026-03-02", "web"): {"captured": 5, "won": 1}}
    assert grouped(sums, "campaign", "all") == {("", ""): {"captured": 3, "won": 1}, ("", "spring"): {"captured": 2}}
    assert grouped(sums, "rep", "day") == {("2026-03-03", "ana"): {"assigned": 1}}


def test_the_median_is_told_by_the_class_that_it_lies_in() -> None:
    row = response_row(("", "ana"), {"answered": 4, "answered_s": 8_000, "answered_0": 1, "answered_2": 2, "answered_9": 1}, by="rep")
    assert (row.mean_seconds, row.median_within, row.ninetieth_within, row.within["later"]) == (2_000, 900, None, 1)


def test_the_commonest_reason_comes_first() -> None:
    sums = {("why", "d", "web", "spam"): {"disqualified": 1}, ("why", "e", "web", "free mail"): {"disqualified": 2}}
    assert [row.reason for row in disqualification_rows(sums)] == ["free mail", "spam"]

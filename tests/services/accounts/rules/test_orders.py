"""How far an order is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.models import Order, OrderStatus
from services.accounts.rules.moments import believable_moment
from services.accounts.rules.orders import planned_follow_up, status_from, total_of, updated_order
from shared.errors import Invalid
from shared.events import Line, OrderUpdated
from tests.services.accounts.builders import NOON, line, order

STATUSES: list[OrderStatus] = ["placed", "shipped", "delivered", "cancelled"]


def after(*reports: OrderUpdated) -> Order:
    known = None
    for report in reports:
        known = updated_order(known, report, "acme", NOON + timedelta(days=365))
    assert known is not None
    return known


def report(status: str, hours: int, **fields: Any) -> OrderUpdated:
    return order(order_id="o-1", status=status, occurred_at=NOON + timedelta(hours=hours), **fields)


def test_an_order_goes_forward() -> None:
    assert after(report("placed", 0), report("shipped", 1), report("delivered", 2)).status == "delivered"


def test_an_old_report_that_comes_late_never_moves_it_back() -> None:
    assert after(report("delivered", 2), report("shipped", 1), report("placed", 0)).status == "delivered"
    assert after(report("delivered", 2), report("cancelled", 1)).status == "delivered"


def test_a_cancelled_order_is_cancelled_unless_it_goes_on_afterwards() -> None:
    assert after(report("placed", 0), report("cancelled", 1)).status == "cancelled"
    assert after(report("placed", 0), report("cancelled", 1), report("shipped", 2)).status == "shipped"


def test_a_cancellation_with_the_time_of_the_order_itself_counts() -> None:
    assert after(report("placed", 0), report("cancelled", 0)).status == "cancelled"


def test_the_same_report_again_changes_nothing() -> None:
    once = after(report("placed", 0))
    assert updated_order(once, report("placed", 0), "acme", NOON + timedelta(days=1)) is once


def test_microseconds_that_are_not_stored_make_nothing_newer() -> None:
    precise = order(order_id="o-1", occurred_at=datetime(2026, 3, 2, 12, 0, 0, 123_456, tzinfo=UTC))
    once = after(precise)
    assert updated_order(once, precise, "acme", NOON + timedelta(days=1)) is once


reports = st.lists(st.tuples(st.sampled_from(STATUSES), st.integers(0, 50)), min_size=1, max_size=6, unique_by=lambda one: one[1])


@given(reports.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_in_which_reports_come_does_not_matter(two: tuple[list[tuple[OrderStatus, int]], list[tuple[OrderStatus, int]]]) -> None:
    one, other = (after(*(report(status, hours, lines=[line(quantity=str(hours + 1))]) for status, hours in some)) for some in two)
    assert (one.status, one.times, one.lines, one.amount) == (other.status, other.times, other.lines, other.amount)


@given(st.dictionaries(st.sampled_from(STATUSES), st.integers(0, 9).map(lambda hours: NOON + timedelta(hours=hours)), min_size=1))
def test_a_status_was_reported(times: dict[OrderStatus, datetime]) -> None:
    assert status_from(times) in times


def test_a_total_needs_every_price_in_one_currency() -> None:
    priced = Line.model_validate(line())
    assert total_of([priced, priced]) == (Decimal(7960), "EUR")
    assert total_of([priced, Line.model_validate(line(currency="USD"))]) == (None, None)
    assert total_of([priced, Line(product="Beans")]) == (None, None)
    assert total_of([]) == (None, None)


def test_a_total_is_written_plainly() -> None:
    amount, _ = total_of([Line.model_validate(line(quantity="3", unit_price="33.333333"))])
    assert str(amount) == "99.999999"
    assert str(total_of([Line.model_validate(line(quantity="10", unit_price="10"))])[0]) == "100"


def test_a_total_beyond_all_money_is_none() -> None:
    assert total_of([Line.model_validate(line(quantity="1000000", unit_price="999999999999"))]) == (None, None)


@pytest.mark.parametrize("moment", ["2199-12-31T00:00:00Z", "1900-01-01T00:00:00Z", "2026-03-04T12:00:00Z"])
def test_what_lies_in_the_future_or_before_2000_did_not_happen(moment: str) -> None:
    with pytest.raises(Invalid) as refusal:
        believable_moment(order(occurred_at=moment).occurred_at, NOON, field="occurred_at")
    assert refusal.value.violations[0].field == "occurred_at"


def test_clocks_may_differ_by_a_day() -> None:
    assert believable_moment(NOON + timedelta(hours=23), NOON, field="occurred_at") == NOON + timedelta(hours=23)


def test_an_order_is_followed_up_seven_days_after_its_delivery() -> None:
    assert planned_follow_up(after(report("delivered", 0)), NOON).due == NOON + timedelta(days=7)


def test_a_follow_up_of_the_longest_order_id_has_room() -> None:
    delivered = order(order_id="o" * 200, status="delivered")
    assert len(planned_follow_up(after(delivered), NOON).subject) <= 300

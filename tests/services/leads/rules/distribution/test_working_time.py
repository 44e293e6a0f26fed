"""Working hours as moments, against a clock that goes minute by minute."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.leads.models import Leave, Pool, Rep, WorkingHours
from services.leads.models.hours import DAYS
from services.leads.rules.distribution.availability import OFF_HOURS, ON_LEAVE, seat_of
from services.leads.rules.distribution.working_time import Calendar

OFFICE: Any = dict.fromkeys(DAYS[:5], [("09:00", "17:00")])
BERLIN = WorkingHours(zone="Europe/Berlin", week=OFFICE, holidays="DE-BY", closed=[date(2026, 12, 24)])
# Half of them within the hours that clocks leave out or repeat somewhere.
clocks = (st.integers(0, 24 * 4) | st.integers(0, 3 * 4)).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
days = st.lists(clocks, unique=True, min_size=2, max_size=4).map(sorted).map(lambda ends: list(zip(ends[::2], ends[1::2], strict=False)))
weeks = st.dictionaries(st.sampled_from(DAYS), days, min_size=1)
# Around the nights on which clocks are changed in 2026.
NIGHTS = [datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 7), (3, 27), (10, 23), (10, 31))]
QUARTER = timedelta(minutes=15)
moments = st.builds(lambda night, quarters: night + QUARTER * quarters, st.sampled_from(NIGHTS), st.integers(0, 4 * 96))
# In Beirut and Havana it is midnight that is left out or repeated.
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Beirut", "America/Havana", "Asia/Kolkata", "UTC")
hours = st.builds(WorkingHours, zone=st.sampled_from(ZONES), week=weeks)


def minute_by_minute(hours: WorkingHours, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(hours.zone))
    clock = f"{local:%H:%M}"
    return any(begin <= clock < end for begin, end in hours.week.get(DAYS[local.weekday()], ()))


@settings(max_examples=60, deadline=None)
@given(hours, moments)
def test_it_is_open_when_the_clock_on_the_wall_says_so(of: WorkingHours, at: datetime) -> None:
    calendar = Calendar(of)
    assert all(calendar.is_open(one) == minute_by_minute(of, one) for one in (at + timedelta(minutes=7 * number) for number in range(200)))


@settings(max_examples=60, deadline=None)
@given(hours, moments)
def test_the_next_opening_is_the_first_moment_at_which_it_is_open(of: WorkingHours, at: datetime) -> None:
    calendar = Calendar(of)
    opening = calendar.next_opening(at)
    assert opening is not None
    assert calendar.is_open(opening)
    assert not any(calendar.is_open(at + QUARTER * number) for number in range(int((opening - at) / QUARTER)))


@settings(max_examples=60, deadline=None)
@given(hours, moments, st.integers(1, 12))
def test_a_deadline_comes_after_so_much_time_that_was_worked(of: WorkingHours, at: datetime, quarters: int) -> None:
    calendar = Calendar(of)
    due = calendar.after(at, quarters * 900)
    worked = sum(calendar.is_open(at + QUARTER * number) for number in range(int((due - at) / QUARTER)))
    assert worked == quarters


def test_nights_weekends_holidays_and_closed_days_do_not_count() -> None:
    calendar = Calendar(BERLIN)
    friday = datetime(2026, 12, 18, 15, 30, tzinfo=UTC)
    assert calendar.after(friday, 3600) == datetime(2026, 12, 21, 8, 30, tzinfo=UTC)
    before_christmas = datetime(2026, 12, 23, 15, 0, tzinfo=UTC)
    assert calendar.after(before_christmas, 2 * 3600) == datetime(2026, 12, 28, 9, 0, tzinfo=UTC)
    assert not calendar.is_open(datetime(2026, 1, 6, 11, tzinfo=UTC))
    assert calendar.is_open(datetime(2026, 1, 7, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    ("begin", "end", "opens"),
    [
        ("02:00", "03:00", datetime(2026, 4, 5, 0, tzinfo=UTC)),
        ("02:15", "02:45", datetime(2026, 4, 5, 0, 15, tzinfo=UTC)),
        ("02:30", "03:30", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("01:30", "02:30", datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),
    ],
)
def test_an_hour_that_clocks_leave_out_is_worked_by_nobody(begin: str, end: str, opens: datetime) -> None:
    """In Berlin 02:00 to 03:00 is left out on the 29th of March."""
    calendar = Calendar(WorkingHours(zone="Europe/Berlin", week={"sun": [(begin, end)]}))
    assert calendar.next_opening(datetime(2026, 3, 29, 0, 15, tzinfo=UTC)) == opens
    assert not any(calendar.is_open(datetime(2026, 3, 29, 1, minute, tzinfo=UTC)) for minute in (30, 45))


def test_an_hour_that_clocks_repeat_is_worked_twice() -> None:
    """In Berlin it is 02:15 at 00:15 and at 01:15 of the 25th of October in UTC."""
    calendar = Calendar(WorkingHours(zone="Europe/Berlin", week={"sun": [("02:00", "02:15")]}))
    first, second = datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert calendar.next_opening(first + QUARTER) == second
    assert calendar.after(first, 1800) == second + QUARTER


def a_rep(**fields: Any) -> Rep:
    long_ago = datetime(2025, 1, 1, tzinfo=UTC)
    return Rep(id="ana", name="Ana", email="a@x", team_id="t", created_at=long_ago, updated_at=long_ago, **fields)


def test_who_comes_back_from_leave_on_a_saturday_is_there_on_monday() -> None:
    leave = Leave(starts_at=datetime(2026, 6, 1, tzinfo=UTC), ends_at=datetime(2026, 6, 13, tzinfo=UTC), stand_in="bob")
    seat = seat_of(a_rep(hours=BERLIN, leave=[leave]), Pool(id="t"), datetime(2026, 6, 2, tzinfo=UTC))
    assert (seat.away, seat.stand_in, seat.back_at) == (ON_LEAVE, "bob", datetime(2026, 6, 15, 7, tzinfo=UTC))


def test_the_hours_of_the_team_are_those_of_who_has_none() -> None:
    night, noon = datetime(2026, 6, 2, 1, tzinfo=UTC), datetime(2026, 6, 2, 10, tzinfo=UTC)
    pool = Pool(id="t", hours=BERLIN)
    always = WorkingHours(zone="UTC", week=dict.fromkeys(DAYS, [("00:00", "24:00")]))
    assert seat_of(a_rep(), pool, night).away == OFF_HOURS
    assert seat_of(a_rep(), pool, noon).away == seat_of(a_rep(hours=always), pool, night).away == ""
    assert seat_of(a_rep(available=False), pool, noon).back_at is None


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"zone": "Europe/Bärlin"}, "zone"),
        ({"week": {"mon": [["9", "17:00"]]}}, "clock"),
        ({"week": {"mon": [["09:00", "24:01"]]}}, "clock"),
        ({"week": {"mon": []}}, "some_hours"),
        ({"week": {"mon": [["17:00", "09:00"]]}}, "spans_in_order"),
        ({"week": {"mon": [["09:00", "13:00"], ["12:00", "17:00"]]}}, "spans_in_order"),
        ({"holidays": "XX"}, "holidays"),
        ({"holidays": "DE-XX"}, "holidays"),
    ],
)
def test_hours_that_can_not_be_are_refused_by_their_rule(fields: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValidationError) as refused:
        WorkingHours.model_validate({"zone": "UTC", "week": OFFICE} | fields)
    assert refused.value.errors()[0]["type"] == rule

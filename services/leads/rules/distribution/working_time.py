"""Working hours as moments: whether work is done now, when it is next, and when so much of it will have been done."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

from services.leads.models import WorkingHours
from services.leads.models.hours import DAYS, minutes_of

Span = tuple[datetime, datetime]
# Since when and until when clocks were so far from UTC.
Pass = tuple[datetime, datetime, timedelta]
MINUTE = timedelta(minutes=1)
# Who does not work within so many days has hours that never come.
FAR = 800


class Calendar:
    """Of one set of hours. Days are counted in its zone, time in seconds that pass.

    An hour that clocks leave out is worked by nobody, and one that they repeat is worked twice: it is open when the wall clock says so.
    """

    def __init__(self, hours: WorkingHours) -> None:
        self.zone = ZoneInfo(hours.zone)
        self._week = [[(_into_day(begin), _into_day(end)) for begin, end in hours.week.get(day, ())] for day in DAYS]
        self._closed = frozenset(hours.closed)
        self._holidays = _holidays_of(hours.holidays) if hours.holidays else frozenset()

    def is_open(self, at: datetime) -> bool:
        return any(begin <= at < end for begin, end in self._spans(self.day_of(at)))

    def next_opening(self, at: datetime) -> datetime | None:
        """`at` itself while work is done."""
        return next((max(begin, at) for begin, end in self._spans_from(at) if end > at), None)

    def after(self, at: datetime, seconds: float) -> datetime:
        """When so many seconds will have been worked."""
        left = timedelta(seconds=seconds)
        for begin, end in self._spans_from(at):
            begin = max(begin, at)
            if begin + left <= end:
                return begin + left
            left -= max(end - begin, timedelta())
        return at + timedelta(seconds=seconds)

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _spans_from(self, at: datetime) -> Iterator[Span]:
        today = self.day_of(at)
        return (span for days in range(FAR) for span in self._spans(today + timedelta(days)))

    def _spans(self, day: date) -> list[Span]:
        if day in self._closed or day in self._holidays:
            return []
        worked, midnight = self._week[day.weekday()], datetime.combine(day, time(), UTC)
        passes = _passes_of(self.zone, day) if worked else ()
        spans = [
            (max(midnight + begin - offset, since), min(midnight + end - offset, until))
            for since, until, offset in passes
            for begin, end in worked
        ]
        return [span for span in spans if span[0] < span[1]]


def calendar_of(hours: WorkingHours) -> Calendar:
    """The same hours share one: reps are read anew for every batch."""
    return _calendar(hours.model_dump_json())


@lru_cache(1_024)
def _calendar(hours: str) -> Calendar:
    return Calendar(WorkingHours.model_validate_json(hours))


@lru_cache(256)
def _holidays_of(region: str) -> HolidayBase:
    """Works out the holidays of a year when it is first asked about it."""
    country, _, part = region.partition("-")
    return country_holidays(country, subdiv=part or None)


@lru_cache(4_096)
def _passes_of(zone: ZoneInfo, day: date) -> tuple[Pass, ...]:
    """One, or on a day on which clocks are changed one before that and one after it."""
    since, until = min(_midnights(zone, day)), max(_midnights(zone, day + timedelta(1)))
    first, last = _offset(zone, since), _offset(zone, until - MINUTE)
    if first == last:
        return ((since, until, first),)
    minutes = range(int((until - since) / MINUTE))
    changed = since + MINUTE * bisect_left(minutes, True, key=lambda minute: _offset(zone, since + MINUTE * minute) != first)
    return (since, changed, first), (changed, until, last)


def _midnights(zone: ZoneInfo, day: date) -> list[datetime]:
    """Both, where clocks are put back to it or from it; and where they leave it out, what they would say with either offset."""
    return [datetime.combine(day, time(fold=fold), zone).astimezone(UTC) for fold in (0, 1)]


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _into_day(clock: str) -> timedelta:
    return MINUTE * minutes_of(clock)


def next_midnight(calendar: Calendar | None, at: datetime) -> datetime:
    """Where nobody has said where they work, their days are those of UTC."""
    zone = calendar.zone if calendar else UTC
    tomorrow = at.astimezone(zone).date() + timedelta(1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)

"""Working hours as moments: whether work is done now, when it is next, and when so much of it will have been done."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

from services.leads.models import WorkingHours
from services.leads.models.hours import DAYS, minutes_of

Span = tuple[datetime, datetime]
WHOLE_DAY = 24 * 60
# Who does not work within so many days has hours that never come.
FAR = 800


class Calendar:
    """Of one set of hours. Days are counted in its zone, time in seconds that pass, also when clocks are put forward or back."""

    def __init__(self, hours: WorkingHours) -> None:
        self.zone = ZoneInfo(hours.zone)
        self._week = [[(minutes_of(begin), minutes_of(end)) for begin, end in hours.week.get(day, ())] for day in DAYS]
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

    def _spans(self, day: date) -> Iterator[Span]:
        if day in self._closed or day in self._holidays:
            return
        earliest = datetime.min.replace(tzinfo=UTC)
        for begin, end in self._week[day.weekday()]:
            span = max(self._moment(day, begin), earliest), max(self._moment(day, end), earliest)
            earliest = span[1]
            if span[0] < span[1]:
                yield span

    def _moment(self, day: date, minutes: int) -> datetime:
        """Of a time that clocks leave out, the moment at which they are put forward."""
        days, minute = divmod(minutes, WHOLE_DAY)
        local = datetime.combine(day + timedelta(days), time(minute // 60, minute % 60), self.zone)
        moment = local.astimezone(UTC)
        return moment if moment.astimezone(self.zone) == local else self._put_forward(moment)

    def _put_forward(self, after: datetime) -> datetime:
        offset = after.astimezone(self.zone).utcoffset()
        minutes = (after - timedelta(minutes=ago) for ago in range(1, WHOLE_DAY))
        return next(before for before in minutes if before.astimezone(self.zone).utcoffset() != offset) + timedelta(minutes=1)


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


def next_midnight(calendar: Calendar | None, at: datetime) -> datetime:
    """Where nobody has said where they work, their days are those of UTC."""
    zone = calendar.zone if calendar else UTC
    tomorrow = at.astimezone(zone).date() + timedelta(1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)

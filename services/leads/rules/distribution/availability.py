"""Who of a team is there now, and when the others will be."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.leads.models import Leave, Pool, Rep
from services.leads.rules.distribution.working_time import Calendar, calendar_of, next_midnight

ON_LEAVE, OFF_HOURS = "on leave", "off hours"


@dataclass(frozen=True, slots=True)
class Seat:
    """An active rep as they are at one moment. `away` says why they get nothing, `back_at` until when, if that is known."""

    rep_id: str
    weight: int = 1
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    away: str = ""
    back_at: datetime | None = None
    stand_in: str | None = None
    max_open: int | None = None
    max_per_day: int | None = None
    today: str = ""
    calendar: Calendar | None = None

    def respond_by(self, at: datetime, seconds: float) -> datetime:
        """In their working time."""
        return self.calendar.after(at, seconds) if self.calendar else at + timedelta(seconds=seconds)

    @property
    def is_limited(self) -> bool:
        return self.max_open is not None or self.max_per_day is not None


def seats_of(pool: Pool, reps: Iterable[Rep], at: datetime) -> list[Seat]:
    """Those of the pool's team who have not left."""
    return [seat_of(rep, pool, at) for rep in reps if rep.team_id == pool.id and rep.active]


def seat_of(rep: Rep, pool: Pool, at: datetime) -> Seat:
    hours = rep.hours or pool.hours
    calendar = calendar_of(hours) if hours else None
    leave = _leave_at(rep.leave, at) if rep.leave else None
    away = ON_LEAVE if leave or not rep.available else OFF_HOURS if calendar and not calendar.is_open(at) else ""
    day = (calendar.day_of(at) if calendar else at.astimezone(UTC).date()).isoformat() if rep.max_per_day is not None else ""
    return Seat(
        rep_id=rep.id,
        weight=rep.weight,
        skills=frozenset(rep.skills),
        languages=frozenset(rep.languages),
        away=away,
        back_at=_back(rep, calendar, at) if away else None,
        stand_in=leave.stand_in if leave else None,
        max_open=rep.max_open,
        max_per_day=rep.max_per_day,
        today=day,
        calendar=calendar,
    )


def next_day(seat: Seat, at: datetime) -> datetime | None:
    """When one who has had enough for today is there again."""
    midnight = next_midnight(seat.calendar, at)
    return seat.calendar.next_opening(midnight) if seat.calendar else midnight


def _back(rep: Rep, calendar: Calendar | None, at: datetime) -> datetime | None:
    """After leave, if work is done then; None for one who is away until further notice."""
    back: datetime | None = at if rep.available else None
    for _ in range(2 * len(rep.leave) + 1):
        leave = _leave_at(rep.leave, back) if back else None
        back = leave.ends_at if leave else back
        back = calendar.next_opening(back) if calendar and back else back
    return back


def _leave_at(leaves: Iterable[Leave], at: datetime) -> Leave | None:
    return next((leave for leave in leaves if leave.starts_at <= at < leave.ends_at), None)

"""Which times can be believed."""

from datetime import UTC, datetime, timedelta

from shared.errors import Invalid

CLOCKS_DIFFER = timedelta(days=1)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def believable_moment(moment: datetime, now: datetime, *, field: str) -> datetime:
    """The moment cut to the milliseconds that are stored; what lies in the future (or before 2000) did not happen."""
    if not EARLIEST <= moment <= now + CLOCKS_DIFFER:
        raise Invalid(f"{field} lies in the future or before 2000", field=field, rule="believable_moment")
    return _to_milliseconds(moment)


def believed_time(told: datetime, now: datetime) -> datetime:
    """When a message says that it was sent; now, where that can't be."""
    return _to_milliseconds(told) if EARLIEST <= told <= now else now


def _to_milliseconds(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

"""Dates as people write them, as the one form in which they travel: RFC 3339 with a zone."""

import re
from datetime import date
from functools import lru_cache

# 25.11.2026, 25/11/2026, 25-11-2026.
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")


@lru_cache(4_096)
def moment_of(text: str) -> str:
    """A date is its first moment in UTC. What can't be read, or in two ways, stays as it is, and so does a time of day without a zone."""
    try:
        found = _DAY_MONTH_YEAR.fullmatch(text.strip())
        day = _written(found) if found else date.fromisoformat(text.strip())
    except ValueError:
        return text
    return f"{day.isoformat()}T00:00:00Z" if day else text


def _written(found: re.Match[str]) -> date | None:
    """With dots the day comes first everywhere; otherwise it must be told by being more than twelve."""
    first, dotted, second = int(found[1]), found[2] == ".", int(found[3])
    if not dotted and first <= 12 and second <= 12 and first != second:
        return None
    day, month = (second, first) if not dotted and second > 12 else (first, second)
    return date(int(found[4]), month, day)

"""Who does not answer is left alone for a while: a circuit breaker. Pure: times are arguments, in seconds of any one clock."""

from services.leads.models.providers import CircuitState


class Circuit:
    """Opens after so many failures in a row; after a while one call may try, and closes it or leaves it open for as long again.

    The libraries at hand count per function call and keep their state to themselves; this one says how many calls may begin,
    which is what whoever hands out work needs to know.
    """

    def __init__(self, trip_after: int, trip_seconds: float) -> None:
        self._trip_after, self._trip_seconds = trip_after, trip_seconds
        self._failures = 0
        self._opened_at: float | None = None

    def state(self, now: float) -> CircuitState:
        if self._opened_at is None:
            return "closed"
        return "open" if now < self._opened_at + self._trip_seconds else "half_open"

    def allows(self, wanted: int, now: float, *, calling: int) -> int:
        """How many of the wanted calls may begin while so many are under way."""
        state = self.state(now)
        return wanted if state == "closed" else 0 if state == "open" or calling else min(1, wanted)

    def note(self, *, good: bool, now: float) -> None:
        """An answer that says nothing about the lead is a good one, too."""
        if good:
            self._failures, self._opened_at = 0, None
            return
        self._failures += 1
        if self._failures >= self._trip_after or self._opened_at is not None:
            self._opened_at = now

    def reopens_in(self, now: float) -> float:
        return 0.0 if self._opened_at is None else max(0.0, self._opened_at + self._trip_seconds - now)

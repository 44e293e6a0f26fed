"""A library that says the same thing hundreds of times a second while a server is away says it now and then."""

import logging
import time

SECONDS_APART = 10.0


class Calming(logging.Filter):
    """Of what one library logs, lets each message through once in ten seconds; the next says how many were left out."""

    def __init__(self, library: str) -> None:
        super().__init__(library)
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not super().filter(record):
            return True
        message, now = (record.name, str(record.msg)), time.monotonic()
        last, left_out = self._told.get(message, (float("-inf"), 0))
        if now - last < SECONDS_APART:
            self._told[message] = last, left_out + 1
            return False
        self._told[message] = now, 0
        if left_out:
            record.msg = f"{record.msg} ({left_out} more since it was last told)"
        return True

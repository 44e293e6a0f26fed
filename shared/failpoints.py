"""Named lines at which a process can be told to die, so that a crash is a test and not a story."""

import os
import signal

FAILPOINTS = (
    "transaction.before_commit",
    "transaction.after_commit",
    "inbox.after_remember",
    "consumer.before_offset_commit",
    "consumer.after_offset_commit",
    "relay.before_send",
    "relay.after_send",
    "relay.after_delete",
    "scheduler.before_fire",
    "scheduler.after_fire",
)
_armed, _, _passes = os.environ.get("DEALWIRE_FAILPOINT", "").partition(":")
_left = int(_passes or 1)


def failpoint(name: str) -> None:
    """Dies with SIGKILL here when DEALWIRE_FAILPOINT is `name`, or `name:N` at the Nth pass."""
    global _left
    if name != _armed:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)

"""What the exit codes of every command mean, and which error earns which."""

from enum import IntEnum

from shared.errors import Refused, Unreachable
from shared.settings import Misconfigured


class Exit(IntEnum):
    """0 done · 1 failed · 2 wrong usage or settings · 3 a server or service is away · 4 the input was refused."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    AWAY = 3
    REFUSED = 4


def exit_code_of(error: Exception) -> Exit:
    if isinstance(error, Misconfigured):
        return Exit.USAGE
    if isinstance(error, Unreachable):
        return Exit.AWAY
    if isinstance(error, Refused):
        return Exit.REFUSED
    return Exit(getattr(error, "exit_code", Exit.FAILED))

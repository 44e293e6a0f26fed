"""What must not reach a log: secrets by their name, and secrets and addresses of people by their looks."""

import re
from collections.abc import Mapping
from typing import Any

from structlog.typing import EventDict

_HIDDEN = "***"
_SECRET_NAME = re.compile(r"password|passwd|token|api[_-]?key|authorization|secret|cookie|credential|^e?[_-]?mail$|^phone$", re.IGNORECASE)
_LOOKS = re.compile(
    r"""(?P<login>://)[^\s/@'"]+@          # who:password in an address
    |(?P<bearer>\bbearer\s+)\S+
    |\beyJ[\w-]{5,}\.[\w-]+\.[\w-]+        # a JSON web token
    |\bdw_[\w-]{43}                        # an API key
    |(?P<email>[\w.+-]+@[\w-]+\.[\w.-]+)
    |(?P<phone>\+\d[\d ()/.-]{6,18}\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MAY_HOLD_ONE = re.compile(r"[@+]|eyJ|dw_|bearer", re.IGNORECASE)


def masked(_: Any, __: str, event: EventDict) -> EventDict:
    """A structlog processor."""
    return {name: _of_field(name, value) for name, value in event.items()}


def _of_field(name: str, value: Any) -> Any:
    return _HIDDEN if _SECRET_NAME.search(name) and value is not None else _of(value)


def _of(value: Any) -> Any:
    if isinstance(value, str):
        return _LOOKS.sub(_stand_in, value) if _MAY_HOLD_ONE.search(value) else value
    if isinstance(value, Mapping):
        return {name: _of_field(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_of(inner) for inner in value]
    return value if isinstance(value, int | float | None) else _of(str(value))


def _stand_in(found: re.Match[str]) -> str:
    kind = found.lastgroup
    if kind == "login":
        return f"://{_HIDDEN}@"
    if kind == "bearer":
        return f"{found['bearer']}{_HIDDEN}"
    return f"<{kind}>" if kind else _HIDDEN

"""What we hand to strangers and believe when they bring it back: signed, for one purpose, with the time at which it was made."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import jwt
from jwt.types import Options

ALGORITHM = "HS256"
LONGEST = 1_000
_UNTIMED: Options = {"verify_exp": False, "verify_iat": False, "require": ["sub", "at", "aud"]}


def stamped(purpose: str, subject: str, at: datetime, keys: Sequence[str]) -> str:
    claims = {"aud": purpose, "sub": subject, "at": int(at.timestamp() * 1000)}
    return jwt.encode(claims, keys[0], ALGORITHM)


def read_stamp(purpose: str, stamp: str, keys: Sequence[str]) -> tuple[str, datetime] | None:
    """The subject and the time; None for what we did not sign for this purpose."""
    claims = next((found for key in keys if (found := _claims(purpose, stamp, key))), None)
    return (str(claims["sub"]), datetime.fromtimestamp(claims["at"] / 1000, UTC)) if claims else None


def _claims(purpose: str, stamp: str, key: str) -> dict[str, Any] | None:
    if len(stamp) > LONGEST:
        return None
    try:
        return jwt.decode(stamp, key, [ALGORITHM], audience=purpose, options=_UNTIMED)
    except jwt.PyJWTError:
        return None

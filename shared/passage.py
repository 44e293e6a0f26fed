"""One HTTP request on its way through: its ids, its trace, who asks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from uuid_utils import uuid7

from shared.principal import Principal

if TYPE_CHECKING:
    from hashlib import _Hash

_KEY = "dealwire.passage"
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(slots=True)
class Passage:
    """`body_digest` is that of the bytes read so far; it is kept only for a request that carries an idempotency key."""

    request_id: str
    correlation_id: str
    traceparent: str | None
    body_digest: "_Hash | None" = None
    principal: Principal | None = None

    @classmethod
    def begin(cls, scope: Mapping[str, Any]) -> "Passage":
        """Takes the ids that came along if they look like ids, and makes the others."""
        headers = {name: value for name, value in scope["headers"] if name in _WANTED}
        request_id = _sane(headers.get(b"x-request-id")) or str(uuid7())
        traceparent = headers.get(b"traceparent", b"").decode("latin-1")
        return cls(
            request_id=request_id,
            correlation_id=_sane(headers.get(b"x-correlation-id")) or request_id,
            traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else None,
            body_digest=sha256() if b"idempotency-key" in headers else None,
        )

    def enter(self, scope: Any) -> None:
        scope[_KEY] = self


_WANTED = frozenset({b"x-request-id", b"x-correlation-id", b"traceparent", b"idempotency-key"})


def passage_of(scope: Mapping[str, Any]) -> Passage:
    return cast(Passage, scope[_KEY])


def _sane(value: bytes | None) -> str | None:
    text = value.decode("latin-1") if value else ""
    return text if _SANE_ID.fullmatch(text) else None

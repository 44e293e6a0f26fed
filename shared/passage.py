"""One HTTP request on its way through: its ids, its trace, who asks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

from uuid_utils import uuid7

from shared.principal import Principal

_KEY = "dealwire.passage"
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_BOUNDARY = re.compile(rb'^multipart/.*;\s*boundary="?([^";,\s]{1,70})', re.IGNORECASE)
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class BodyDigest:
    """Of a body as it is read, without the `boundary` between the parts of a form: whoever sends the form again makes up another."""

    def __init__(self, boundary: bytes = b"") -> None:
        self._boundary, self._hash, self._rest = boundary, sha256(), b""

    def update(self, data: bytes) -> None:
        """What may be the beginning of a boundary is held back until more is read."""
        data = self._rest + data
        *parts, last = data.split(self._boundary) if self._boundary else (data,)
        sure = max(0, len(last) + 1 - max(1, len(self._boundary)))
        self._rest = last[sure:]
        for part in (*parts, last[:sure]):
            self._hash.update(part)

    def digest(self) -> bytes:
        whole = self._hash.copy()
        whole.update(self._rest)
        return whole.digest()


@dataclass(slots=True)
class Passage:
    """`body_digest` is that of the bytes read so far; it is kept only for a request that carries an idempotency key."""

    request_id: str
    correlation_id: str
    traceparent: str | None
    body_digest: BodyDigest | None = None
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
            body_digest=BodyDigest(_boundary(headers)) if b"idempotency-key" in headers else None,
        )

    def enter(self, scope: Any) -> None:
        scope[_KEY] = self


_WANTED = frozenset({b"x-request-id", b"x-correlation-id", b"traceparent", b"idempotency-key", b"content-type"})


def _boundary(headers: Mapping[bytes, bytes]) -> bytes:
    found = _BOUNDARY.search(headers.get(b"content-type", b""))
    return found[1] if found else b""


def passage_of(scope: Mapping[str, Any]) -> Passage:
    return cast(Passage, scope[_KEY])


def _sane(value: bytes | None) -> str | None:
    text = value.decode("latin-1") if value else ""
    return text if _SANE_ID.fullmatch(text) else None

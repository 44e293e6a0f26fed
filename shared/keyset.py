"""The public keys that tokens are signed with: read from a file or a URL, and read again when a key is not among them."""

import asyncio
import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import jwt

from shared.errors import Unreachable
from shared.telemetry import get_logger

log = get_logger(__name__)
ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
RETRY_SECONDS = 1.0
_PATIENCE = httpx.Timeout(5.0)


class KeySet:
    """A JSON Web Key Set. `location` is a path or an http(s) URL.

    It is read again after `stale_seconds`, and for a key that it does not hold after `refresh_seconds`.
    """

    def __init__(self, location: str, *, refresh_seconds: float = 60.0, stale_seconds: float = 600.0) -> None:
        self._location, self._refresh_seconds, self._stale_seconds = location, refresh_seconds, stale_seconds
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._tried_at = -math.inf
        self._reading = asyncio.Lock()

    async def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key of this name; a token without a name is for the only key.

        Raises Unreachable while there are no keys to be had.
        """
        if not self._keys or self._is_due(key_id):
            async with self._reading:
                if self._is_due(key_id):
                    await self._refresh()
        if not self._keys:
            raise Unreachable("The keys that tokens are signed with have not been read yet")
        return self._chosen(key_id)

    def _chosen(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _is_due(self, key_id: str | None) -> bool:
        age = time.monotonic() - self._tried_at
        if not self._keys:
            return age >= RETRY_SECONDS
        return age >= (self._refresh_seconds if self._chosen(key_id) is None else self._stale_seconds)

    async def _refresh(self) -> None:
        self._tried_at = time.monotonic()
        try:
            self._keys = _usable(await self._read())
        except Unreachable as away:
            log.warning("keys not refreshed", error=str(away), known=len(self._keys))
            if not self._keys:
                raise

    async def _read(self) -> str:
        try:
            if not self._location.startswith(("http://", "https://")):
                return await asyncio.to_thread(Path(self._location).read_text)
            async with httpx.AsyncClient(timeout=_PATIENCE) as client:
                return (await client.get(self._location)).raise_for_status().text
        except (httpx.HTTPError, OSError) as error:
            raise Unreachable(f"The keys that tokens are signed with can't be read: {type(error).__name__}") from error


def _usable(text: str) -> dict[str | None, jwt.PyJWK]:
    try:
        rows = json.loads(text)["keys"]
        keys = [key for row in rows if (key := _signing_key(row)) is not None]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreachable(f"The keys that tokens are signed with make no sense: {type(error).__name__}") from error
    return {key.key_id: key for key in keys}


def _signing_key(row: Mapping[str, Any]) -> jwt.PyJWK | None:
    """None for a key that we don't accept: for encryption, of another algorithm, or a secret that the issuer shares."""
    try:
        key = jwt.PyJWK(dict(row))
    except jwt.PyJWTError:
        return None
    return key if key.algorithm_name in ALGORITHMS and row.get("use", "sig") == "sig" else None

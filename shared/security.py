"""From a token or an API key to the one who is asking."""

import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import jwt

from shared.api_keys import INDEXES, ApiKeys, router
from shared.errors import Unauthenticated
from shared.keyset import ALGORITHMS, KeySet
from shared.principal import ROLES, SOURCE_PREFIX, Principal
from shared.remembering import Remembered
from shared.settings import Settings

__all__ = ["INDEXES", "ApiKeys", "Principal", "TokenVerifier", "router"]

LEEWAY_SECONDS = 30
LONGEST_TRUST_SECONDS = 300.0
MAX_TOKEN_LENGTH = 8_000


class TokenVerifier:
    """Believes a token that the issuer signed for us and that has not expired."""

    def __init__(self, keys: KeySet, *, issuer: str, audience: str) -> None:
        self._keys, self._issuer, self._audience = keys, issuer, audience
        self._verified: Remembered[Principal] = Remembered(10_000)

    @classmethod
    def of(cls, settings: Settings) -> "TokenVerifier":
        return cls(KeySet(settings.jwks), issuer=settings.issuer, audience=settings.audience)

    async def principal(self, token: str) -> Principal:
        """Raises Unauthenticated. A token that was believed is not checked again before it expires, or for five minutes."""
        fingerprint = sha256(token.encode()).hexdigest()
        principal = self._verified.get(fingerprint)
        if principal is None:
            claims = await self._claims(token)
            principal = _principal_of(claims)
            self._verified.put(
                fingerprint, principal, seconds=min(LONGEST_TRUST_SECONDS, int(claims["exp"]) + LEEWAY_SECONDS - time.time())
            )
        return principal

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token) if len(token) <= MAX_TOKEN_LENGTH else {}
            key = await self._keys.find(header.get("kid")) if header.get("alg") in ALGORITHMS else None
            if key is None:
                raise Unauthenticated("The token is not signed with a key that we know")
            return jwt.decode(
                token,
                key,
                algorithms=[str(key.algorithm_name)],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("The token has expired") from None
        except jwt.PyJWTError:
            raise Unauthenticated("The token is not one of ours") from None


def _principal_of(claims: Mapping[str, Any]) -> Principal:
    subject = str(claims["sub"])
    if not subject or subject.startswith(SOURCE_PREFIX):
        raise Unauthenticated("The token's subject is not a person")
    return Principal(
        subject=subject,
        name=str(claims.get("name") or subject),
        roles=frozenset(_words(claims.get("roles"))) & ROLES,
        scopes=frozenset(_words(claims.get("scope"))),
        teams=_words(claims.get("teams")),
    )


def _words(claim: Any) -> tuple[str, ...]:
    """Issuers write several values as a list, or as words with spaces between them."""
    if isinstance(claim, str):
        return tuple(claim.split())
    return tuple(str(word) for word in claim) if isinstance(claim, list) else ()

"""Signs the tokens of those who sign in by password; with OpenID Connect the issuer will do that instead."""

import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from shared.errors import Unreachable

SESSION_SECONDS = 8 * 3600


class TokenSigner:
    """`file` holds an Ed25519 private key in PEM, whose public half the services find in the issuer's key set."""

    def __init__(self, file: Path | None, *, issuer: str, audience: str) -> None:
        self._file, self._issuer, self._audience = file, issuer, audience

    def sign(self, subject: str, claims: dict[str, Any]) -> str:
        now = int(time.time())
        times = {"iss": self._issuer, "aud": self._audience, "iat": now, "exp": now + SESSION_SECONDS}
        return jwt.encode({**claims, "sub": subject, **times}, self._key(), algorithm="EdDSA")

    def _key(self) -> Ed25519PrivateKey:
        if self._file is None:
            raise Unreachable("Nobody can sign in: DEALWIRE_SIGNING_KEY names no file")
        try:
            key = load_pem_private_key(self._file.read_bytes(), password=None)
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            raise Unreachable(f"Nobody can sign in: the signing key can't be read ({type(error).__name__})") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise Unreachable("Nobody can sign in: the signing key is not of Ed25519")
        return key

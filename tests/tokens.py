"""Tokens for tests, signed by a key that lives as long as the test run."""

import atexit
import json
import shutil
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ISSUER = "dealwire-local"
AUDIENCE = "dealwire"
_KEY = Ed25519PrivateKey.generate()
_KID = "tests"


def _written_jwks() -> Path:
    key = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(_KEY.public_key()))
    folder = tempfile.mkdtemp(prefix="dealwire-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "jwks.json"
    path.write_text(json.dumps({"keys": [key | {"kid": _KID, "alg": "EdDSA", "use": "sig"}]}))
    return path


JWKS_PATH = _written_jwks()


def signed_token(*, subject: str = "ana", roles: Collection[str] = ("admin",), teams: Collection[str] = (), seconds: int = 3600) -> str:
    now = int(time.time())
    claims = {"sub": subject, "name": subject.title(), "roles": sorted(roles), "teams": list(teams)}
    times = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + seconds}
    return jwt.encode(claims | times, _KEY, algorithm="EdDSA", headers={"kid": _KID})

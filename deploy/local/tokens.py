"""The identity provider of a local stack: one key pair, made when it is first needed, and tokens signed by it."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from deploy.local.state import State

ISSUER = "dealwire-local"
AUDIENCE = "dealwire"
KEY_ID = "local"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token speaks for."""

    subject: str
    roles: Sequence[str]
    teams: Sequence[str] = ()
    name: str = ""
    email: str = ""

    def claims(self) -> dict[str, object]:
        name = self.name or self.subject.title()
        return {"sub": self.subject, "name": name, "email": self.email, "roles": list(self.roles), "teams": list(self.teams)}


def sign_token(state: State, bearer: Bearer, *, seconds: int = 8 * 3600) -> str:
    now = int(time.time())
    times = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + seconds}
    return jwt.encode(bearer.claims() | times, _signing_key(state), algorithm="EdDSA", headers={"kid": KEY_ID})


def jwks_file(state: State) -> Path:
    """The public half, as services read it."""
    return state.secret("jwks.json", lambda: json.dumps({"keys": [_public_key(state)]}))


def signing_key_file(state: State) -> Path:
    """The private half, for the console alone: it signs in for those who come with a password."""
    return state.secret("signing-key.pem", _new_key)


def new_secret_key() -> str:
    """What a service seals secrets with that it has to read again."""
    return Fernet.generate_key().decode()


def _public_key(state: State) -> dict[str, str]:
    public: dict[str, str] = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(_signing_key(state).public_key()))
    return public | {"kid": KEY_ID, "alg": "EdDSA", "use": "sig"}


def _signing_key(state: State) -> Ed25519PrivateKey:
    key = load_pem_private_key(signing_key_file(state).read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def _new_key() -> str:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

"""Which tokens are believed, and what they say of the one who asks."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.errors import Unauthenticated, Unreachable
from shared.keyset import KeySet
from shared.security import TokenVerifier

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
ALGORITHMS = {
    "RS256": (RSA_KEY, jwt.algorithms.RSAAlgorithm),
    "ES256": (EC_KEY, jwt.algorithms.ECAlgorithm),
    "EdDSA": (ED_KEY, jwt.algorithms.OKPAlgorithm),
}


def jwks(*algorithms: str) -> str:
    keys = [
        json.loads(kind.to_jwk(key.public_key())) | {"kid": name, "use": "sig"}
        for name, (key, kind) in ALGORITHMS.items()
        if name in algorithms
    ]
    return json.dumps({"keys": keys})


def token(algorithm: str = "RS256", *, key: Any = None, kid: str | None = None, **claims: Any) -> str:
    usual = {"sub": "ana", "iss": "us", "aud": "dealwire", "exp": int(time.time()) + 600}
    signed = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode(signed, key or ALGORITHMS[algorithm][0], algorithm=algorithm, headers={"kid": kid or algorithm})


@pytest.fixture
def verifier(tmp_path: Path) -> TokenVerifier:
    path = tmp_path / "jwks.json"
    path.write_text(jwks("RS256", "ES256", "EdDSA"))
    return TokenVerifier(KeySet(str(path)), issuer="us", audience="dealwire")


class Issuer(ThreadingHTTPServer):
    """Serves its keys over HTTP, and counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.keys, self.asked, self.is_open = jwks("RS256"), 0, True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/jwks.json"


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Issuer)
        self.server.asked += 1
        self.send_response(200 if self.server.is_open else 503)
        self.end_headers()
        self.wfile.write(self.server.keys.encode())

    def log_message(self, *_: Any) -> None:
        return None


@contextmanager
def issuing() -> Iterator[Issuer]:
    with Issuer() as issuer:
        thread = Thread(target=issuer.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield issuer
        finally:
            issuer.shutdown()
            thread.join()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_token_of_each_algorithm_tells_who_asks(verifier: TokenVerifier, algorithm: str) -> None:
    principal = await verifier.principal(
        token(algorithm, name="Ana Li", roles=["rep", "manager", "emperor"], scope="metrics leads", teams=["north", "south"])
    )

    assert (principal.subject, principal.name) == ("ana", "Ana Li")
    assert principal.roles == {"rep", "manager"}
    assert principal.scopes == {"metrics", "leads"}
    assert principal.teams == ("north", "south")
    assert principal.by == "user:ana"


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"iss": "them"},
        {"iss": None},
        {"aud": "others"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "source:web"},
        {"nbf": int(time.time()) + 86_400},
        {"kid": "unknown"},
        {"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
    ],
    ids=lambda wrong: "-".join(f"{name} {value if isinstance(value, str) else ''}" for name, value in wrong.items()),
)
async def test_a_token_that_is_wrong_in_one_thing_is_not_believed(verifier: TokenVerifier, wrong: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.principal(token(**wrong))


@pytest.mark.filterwarnings("ignore:The HMAC key")
async def test_a_token_signed_with_what_everybody_knows_is_not_believed(verifier: TokenVerifier) -> None:
    public = ED_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    forged = [token("HS256", key=public, kid=kid) for kid in ALGORITHMS] + [
        jwt.encode({"sub": "ana"}, None, algorithm="none", headers={"kid": "RS256"})
    ]

    for one in forged:
        with pytest.raises(Unauthenticated):
            await verifier.principal(one)


async def test_an_algorithm_must_be_that_of_the_key(verifier: TokenVerifier) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.principal(token("ES256", kid="RS256"))


async def test_a_little_difference_between_clocks_is_forgiven(verifier: TokenVerifier) -> None:
    assert (await verifier.principal(token(exp=int(time.time()) - 10))).subject == "ana"


async def test_a_new_key_is_found() -> None:
    with issuing() as issuer:
        verifier = TokenVerifier(KeySet(issuer.address, refresh_seconds=0), issuer="us", audience="dealwire")
        await verifier.principal(token("RS256"))
        issuer.keys = jwks("RS256", "ES256")

        assert (await verifier.principal(token("ES256"))).subject == "ana"


async def test_unknown_keys_do_not_make_us_ask_again_and_again() -> None:
    with issuing() as issuer:
        verifier = TokenVerifier(KeySet(issuer.address), issuer="us", audience="dealwire")
        for _ in range(5):
            with pytest.raises(Unauthenticated):
                await verifier.principal(token("ES256"))

        assert issuer.asked == 1


async def test_many_who_come_at_once_wait_for_the_keys() -> None:
    with issuing() as issuer:
        verifier = TokenVerifier(KeySet(issuer.address), issuer="us", audience="dealwire")

        principals = await asyncio.gather(*(verifier.principal(token(sub=f"rep{number}")) for number in range(10)))

        assert len({principal.subject for principal in principals}) == 10
        assert issuer.asked == 1


async def test_while_the_issuer_is_away_known_keys_go_on() -> None:
    with issuing() as issuer:
        verifier = TokenVerifier(KeySet(issuer.address, stale_seconds=0), issuer="us", audience="dealwire")
        await verifier.principal(token())
        issuer.is_open = False

        assert (await verifier.principal(token(name="another"))).name == "another"
        assert issuer.asked == 2


async def test_a_token_that_was_believed_is_not_checked_again() -> None:
    with issuing() as issuer:
        verifier = TokenVerifier(KeySet(issuer.address, stale_seconds=0), issuer="us", audience="dealwire")
        known = token()
        for _ in range(3):
            await verifier.principal(known)

        assert issuer.asked == 1


async def test_a_key_that_we_can_not_use_does_not_spoil_the_others(tmp_path: Path) -> None:
    strange = [{"kty": "quantum", "kid": "q"}, {"kty": "EC", "crv": "P-1", "kid": "e"}, {"kty": "oct", "k": "AAAA", "kid": "o"}]
    keys = json.loads(jwks("RS256", "ES256"))["keys"]
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [*strange, keys[0], keys[1] | {"use": "enc"}]}))
    verifier = TokenVerifier(KeySet(str(path)), issuer="us", audience="dealwire")

    assert (await verifier.principal(token("RS256"))).subject == "ana"
    with pytest.raises(Unauthenticated):
        await verifier.principal(token("ES256"))


@pytest.mark.parametrize("content", [None, "", "[]", '{"keys": [{"kty": "RSA"}]}', '{"keys": [{"kty": "oct", "k": "AA", "kid": "RS256"}]}'])
async def test_without_keys_it_is_our_fault_and_not_the_callers(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "jwks.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(Unreachable):
        await TokenVerifier(KeySet(str(path)), issuer="us", audience="dealwire").principal(token())

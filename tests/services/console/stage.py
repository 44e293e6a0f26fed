"""The console behind a real port, with the other services behind theirs: what a browser needs."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from deploy.local.processes import free_ports
from services.console.api.front import Front
from services.console.api.tokens import TokenSigner
from shared.settings import Settings
from shared.web import WebContext
from tests.journeys.world import SERVICES, World

PASSWORD = "correct horse battery"
PEOPLE = (
    {"email": "root@dealwire.example", "name": "Ruth Root", "subject": "root", "roles": ["admin"], "teams": ["*"]},
    {"email": "ana@dealwire.example", "name": "Ana Ribeiro", "roles": ["rep"]},
    {"email": "zoe@dealwire.example", "name": "Zoe Elsewhere", "subject": "zoe", "roles": ["rep"], "teams": ["nowhere"]},
)


@dataclass(frozen=True, slots=True)
class Stage:
    """`url` is the console's; `url_of` those of all five."""

    world: World
    url_of: Mapping[str, str]
    mailbox: Path
    servers: Mapping[str, uvicorn.Server]
    front: Front
    key: Path

    @property
    def url(self) -> str:
        return self.url_of["console"]

    def send_away(self, service: str) -> None:
        """Nobody answers at its port any more."""
        for server in self.servers[service].servers:
            server.close()


def token_for(stage: Stage, subject: str, *roles: str) -> str:
    claims = {"name": subject.title(), "roles": list(roles), "teams": ["*"]}
    return TokenSigner(stage.key, issuer="dealwire-local", audience="dealwire").sign(subject, claims)


class _Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()


@asynccontextmanager
async def staged(world: World, folder: Path) -> AsyncIterator[Stage]:
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    secrets = _secrets_in(folder)
    apps = {name: _app(world, name, ports[name], urls, secrets) for name in world.databases}
    servers = {name: _Server(_config(app, ports[name])) for name, app in apps.items()}
    serving = [asyncio.create_task(server.serve()) for server in servers.values()]
    while not all(server.started for server in servers.values()):
        await asyncio.sleep(0.01)
    try:
        yield Stage(world, urls, folder / "mailbox", servers, apps["console"].state.front, folder / "key")
    finally:
        for server in servers.values():
            server.should_exit = True
        await asyncio.gather(*serving)
        await apps["console"].state.front.gateway.close()


def _app(world: World, name: str, port: int, urls: Mapping[str, str], secrets: Mapping[str, Path]) -> Any:
    service, db = world.at(name)
    settings = Settings(
        service=name, port=port, mongo=SecretStr("mongodb://unused"), kafka="unused:9092", services=dict(urls), jwks=str(secrets["jwks"])
    )
    if name == "console":
        told = {"console_users": secrets["users"], "signing_key": secrets["key"], "mailbox": secrets["mailbox"]}
        settings = settings.model_copy(update=told)
    return service.api(WebContext(db=db, settings=settings, health=lambda: (True, {"status": "ready"})))


def _config(app: Any, port: int) -> uvicorn.Config:
    return uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=1)


def _secrets_in(folder: Path) -> dict[str, Path]:
    files = {name: folder / name for name in ("key", "jwks", "users", "mailbox")}
    key = Ed25519PrivateKey.generate()
    files["key"].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key()))
    files["jwks"].write_text(json.dumps({"keys": [public | {"kid": "local", "alg": "EdDSA", "use": "sig"}]}))
    files["users"].write_text(json.dumps([person | {"password_hash": scrypt_hash(PASSWORD)} for person in PEOPLE]))
    files["mailbox"].mkdir()
    return files


def scrypt_hash(password: str) -> str:
    salt = b"0123456789abcdef"
    digest = hashlib.scrypt(password.encode(), salt=salt, n=2**10, r=8, p=1)
    return f"scrypt$1024$8$1${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"

"""Who may sign in to the console of a local stack: an administrator, a manager and a rep, with passwords made at random."""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from deploy.local.state import State

COST, BLOCK, PARALLEL = 2**14, 8, 1
PEOPLE: tuple[dict[str, object], ...] = (
    {"email": "admin@dealwire.example", "name": "Alex Admin", "subject": "admin", "roles": ["admin"], "teams": ["*"]},
    {"email": "morgan@dealwire.example", "name": "Morgan Hale", "subject": "morgan", "roles": ["manager"], "teams": ["europe", "world"]},
    # One of the reps that the leads service begins with, so that there is something to see as a rep.
    {"email": "ana@dealwire.example", "name": "Ana Ribeiro", "subject": "ana", "roles": ["rep"], "teams": ["europe"]},
)


def passwords_of_people(state: State) -> Mapping[str, str]:
    """What to type, by e-mail address; kept so that it can be said again."""
    made = state.secret("sign-in.json", lambda: json.dumps({str(person["email"]): secrets.token_urlsafe(9) for person in PEOPLE}, indent=2))
    passwords: Mapping[str, str] = json.loads(made.read_text())
    return passwords


def console_users_file(state: State) -> Path:
    """The same people as the console knows them: with hashes only."""
    return state.secret("console-users.json", lambda: json.dumps(_people_with_hashes(passwords_of_people(state)), indent=2))


def _people_with_hashes(passwords: Mapping[str, str]) -> list[dict[str, object]]:
    return [person | {"password_hash": scrypt_hash(passwords[str(person["email"])])} for person in PEOPLE]


def scrypt_hash(password: str) -> str:
    """`scrypt$n$r$p$salt$hash`, the last two in base64."""
    salt = os.urandom(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=COST, r=BLOCK, p=PARALLEL)
    return f"scrypt${COST}${BLOCK}${PARALLEL}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"

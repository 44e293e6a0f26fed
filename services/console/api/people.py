"""Who may sign in with a password, and how often they may try."""

import asyncio
import base64
import binascii
import hashlib
import json
from hmac import compare_digest
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from shared.errors import TooMany, Unreachable
from shared.remembering import Remembered

TRIES, TRIES_PER_ADDRESS, FORGOTTEN_SECONDS = 5, 50, 300.0
MAX_MEMORY = 64 * 1024 * 1024
# Of nobody's password: whether an address is known must not show in how long the answer takes.
_NOBODYS = "scrypt$16384$8$1$AAAAAAAAAAAAAAAAAAAAAA==$" + base64.b64encode(bytes(64)).decode()


class Person(BaseModel):
    """`password_hash` is `scrypt$n$r$p$salt$hash`, the last two in base64. `subject` is who they are elsewhere: a rep's id, for a rep."""

    email: str
    name: str
    password_hash: str = Field(repr=False)
    roles: list[str]
    teams: list[str] = []
    subject: str | None = None


_PEOPLE: TypeAdapter[list[Person]] = TypeAdapter(list[Person])
Password = Annotated[str, Field(max_length=1000)]


class People:
    """Read from a file each time that someone signs in, so that a change of it counts at once."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    async def recognise(self, email: str, password: str) -> Person | None:
        person = (await asyncio.to_thread(self._read)).get(email.strip().casefold())
        right = await asyncio.to_thread(_is_right, password, person.password_hash if person else _NOBODYS)
        return person if right else None

    def _read(self) -> dict[str, Person]:
        if self._file is None:
            raise Unreachable("Nobody can sign in: DEALWIRE_CONSOLE_USERS names no file")
        try:
            return {person.email.casefold(): person for person in _PEOPLE.validate_python(json.loads(self._file.read_text()))}
        except (OSError, ValueError, ValidationError) as error:
            raise Unreachable(f"Nobody can sign in: the users' file can't be read ({type(error).__name__})") from None


class Attempts:
    """Failed tries, by account at an address and by address alone; in the memory of this process."""

    def __init__(self) -> None:
        self._failed: Remembered[int] = Remembered(20_000)

    def expect_few(self, address: str, email: str) -> None:
        """Raises TooMany."""
        for name, most in _limits(address, email):
            if (self._failed.get(name) or 0) >= most:
                raise TooMany("Too many tries; wait five minutes", rule="attempts")

    def failed(self, address: str, email: str) -> None:
        for name, _ in _limits(address, email):
            self._failed.put(name, (self._failed.get(name) or 0) + 1, seconds=FORGOTTEN_SECONDS)

    def succeeded(self, address: str, email: str) -> None:
        self._failed.forget(_limits(address, email)[0][0])


def _limits(address: str, email: str) -> tuple[tuple[str, int], tuple[str, int]]:
    return (f"{address} {email.strip().casefold()}", TRIES), (address, TRIES_PER_ADDRESS)


def _is_right(password: str, stored: str) -> bool:
    try:
        kind, n, r, p, salt, expected = stored.split("$")
        wanted = base64.b64decode(expected, validate=True)
        given = hashlib.scrypt(
            password.encode(), salt=base64.b64decode(salt), n=int(n), r=int(r), p=int(p), dklen=len(wanted), maxmem=MAX_MEMORY
        )
    except (ValueError, binascii.Error):
        return False
    return kind == "scrypt" and compare_digest(given, wanted)

"""Secrets that must be read again, such as the keys that webhooks are signed with: stored encrypted, opened only to be used."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from shared.errors import NotAllowedNow, Unreachable


class Sealer:
    """Seals with the first of its keys and opens with any, so that keys can be changed one after the other.

    `keys` is DEALWIRE_SECRET_KEY: Fernet keys, with commas between them.
    """

    def __init__(self, keys: SecretStr | None) -> None:
        self._box = MultiFernet([Fernet(key) for key in fernet_keys(keys.get_secret_value())]) if keys else None

    def seal(self, secret: SecretStr) -> bytes:
        if self._box is None:
            raise NotAllowedNow("No secret can be kept before DEALWIRE_SECRET_KEY is set", rule="secret_key")
        return self._box.encrypt(secret.get_secret_value().encode())

    def open(self, sealed: bytes) -> str:
        """Raises Unreachable when the key is not at hand: what depends on it is tried again, and not refused for good."""
        if self._box is None:
            raise Unreachable("DEALWIRE_SECRET_KEY is not set, and a secret was sealed with it")
        try:
            return self._box.decrypt(sealed).decode()
        except InvalidToken as error:
            raise Unreachable("A secret was sealed with another key than those of DEALWIRE_SECRET_KEY") from error


def fernet_keys(text: str) -> list[str]:
    """Raises ValueError for what is no list of Fernet keys."""
    keys = [key.strip() for key in text.split(",")]
    for key in keys:
        Fernet(key)
    return keys

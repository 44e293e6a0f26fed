"""Secrets that must be read again are stored sealed, and the keys that seal them can be changed."""

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from shared.errors import NotAllowedNow, Unreachable
from shared.sealing import Sealer
from shared.settings import Misconfigured, Settings

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = SecretStr("what both sides know")


def sealer(*keys: str) -> Sealer:
    return Sealer(SecretStr(",".join(keys)))


def test_what_is_sealed_is_opened_again_and_is_not_to_be_read_between() -> None:
    sealed = sealer(OLD).seal(SECRET)
    assert SECRET.get_secret_value().encode() not in sealed
    assert sealer(OLD).open(sealed) == SECRET.get_secret_value()


def test_after_a_new_key_is_put_in_front_the_old_secrets_are_still_opened() -> None:
    both = sealer(NEW, OLD)
    assert both.open(sealer(OLD).seal(SECRET)) == SECRET.get_secret_value()
    assert sealer(NEW).open(both.seal(SECRET)) == SECRET.get_secret_value()


def test_what_cannot_be_opened_now_is_waited_for_and_not_refused() -> None:
    sealed = sealer(OLD).seal(SECRET)
    with pytest.raises(Unreachable):
        sealer(NEW).open(sealed)
    with pytest.raises(Unreachable):
        Sealer(None).open(sealed)


def test_without_a_key_no_secret_is_kept() -> None:
    with pytest.raises(NotAllowedNow):
        Sealer(None).seal(SECRET)


def test_a_key_that_is_none_is_told_at_the_start_without_being_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"KAFKA": "x:9092", "MONGO": "mongodb://x", "JWKS": "x", "SECRET_KEY": "too-short"}.items():
        monkeypatch.setenv(f"DEALWIRE_{name}", value)
    with pytest.raises(Misconfigured) as told:
        Settings.of("accounts")
    assert "DEALWIRE_SECRET_KEY" in str(told.value)
    assert "too-short" not in str(told.value)
    monkeypatch.setenv("DEALWIRE_ACCOUNTS_SECRET_KEY", f"{NEW}, {OLD}")
    assert Settings.of("accounts").secret_key is not None

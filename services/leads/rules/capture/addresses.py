"""E-mail addresses and phone numbers in the one form in which they can be compared."""

import re
from collections.abc import Collection
from functools import cache, lru_cache

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumber, PhoneNumberFormat, format_number, is_valid_number
from phonenumbers import parse as parse_number
from phonenumbers.phonenumberutil import NumberParseException

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN_EMAIL = re.compile(rf"([a-z0-9]+(?:[._+-][a-z0-9]+)*)@((?:{_LABEL}\.)+[a-z]{{2,63}})")
_LONGEST_LOCAL_PART, _LONGEST_DOMAIN = 64, 253
# Names of which the standards say that nobody gets mail there; `test` is for tests.
_NOWHERE = frozenset(name for name in SPECIAL_USE_DOMAIN_NAMES if "." not in name) - {"test"}
_DIALLED = str.maketrans("", "", " -./()\u00a0")
# Dialled within some country only, and often written in the middle: +49 (0)171, +52 1 55, +7 8 495.
_TRUNK_PREFIXES = ("0", "1", "8")
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def email_of(text: str) -> str | None:
    """In lower case; None when it can't be an address. Whether anybody reads there is not asked."""
    plain = _PLAIN_EMAIL.fullmatch(text.lower())
    if plain is not None and len(plain[1]) <= _LONGEST_LOCAL_PART and len(plain[2]) <= _LONGEST_DOMAIN:
        return plain[0] if plain[2].rpartition(".")[2] not in _NOWHERE else None
    return _unusual_email(text)


def _unusual_email(text: str) -> str | None:
    """Everything that the standards allow; a hundred times slower than what nearly everybody has."""
    try:
        return validate_email(text, strict=True, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        return None


@lru_cache(8_192)
def phone_of(text: str, country: str | None) -> str | None:
    """As E.164; None when nobody can have this number. `country` (alpha-2) is where it was written down."""
    dialled = text.translate(_DIALLED)
    number = f"+{dialled[2:]}" if dialled.startswith("00") else dialled
    if _E164.fullmatch(number):
        code, national = _parts(number)
        if _is_valid(code, national):
            return number
        if not national.startswith(_TRUNK_PREFIXES):
            return None
    return _valid_number(number, country) or (None if number == text else _valid_number(text, country))


def _parts(number: str) -> tuple[str, str]:
    code = next((number[1:end] for end in (2, 3, 4) if int(number[1:end]) in COUNTRY_CODE_TO_REGION_CODE), "")
    return code, number[1 + len(code) :]


def _is_valid(code: str, national: str) -> bool:
    """Most numbers come complete; finding that out directly takes half the time of reading one that may be anything."""
    if not code or national.startswith("0"):
        return False
    if any(len(national) in lengths and usual.fullmatch(national) for lengths, usual in _usual_numbers(int(code))):
        return True
    return is_valid_number(PhoneNumber(country_code=int(code), national_number=int(national)))


@cache
def _usual_numbers(code: int) -> list[tuple[Collection[int], re.Pattern[str]]]:
    """Mobile and fixed lines of the first country of a calling code: nearly all numbers, and the library asks for them last."""
    country = PhoneMetadata.metadata_for_region(COUNTRY_CODE_TO_REGION_CODE[code][0], None)
    if country is None or country.leading_digits is not None:
        return []
    kinds = [kind for kind in (country.mobile, country.fixed_line) if kind is not None]
    return [(kind.possible_length, re.compile(kind.national_number_pattern)) for kind in kinds if kind.national_number_pattern]


def _valid_number(text: str, country: str | None) -> str | None:
    try:
        number = parse_number(text, country)
    except NumberParseException:
        return None
    return format_number(number, PhoneNumberFormat.E164) if is_valid_number(number) else None

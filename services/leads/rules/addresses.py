"""E-mail addresses, phone numbers and domains in the one form in which they can be compared."""

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumber, PhoneNumberFormat, format_number, is_valid_number
from phonenumbers import parse as parse_number
from phonenumbers.phonenumberutil import NumberParseException

# Mail anybody can have: it tells nothing about a company.
_FREE_MAIL = """126.com 163.com aol.com bluewin.ch btinternet.com comcast.net
fastmail.com free.fr freemail.hu freenet.de gmail.com gmx.at gmx.ch
    gmx.com gmx.de gmx.net googlemail.com hotmail.co.uk hotmail.com hotmail.de hotmail.fr hushmail.com icloud.com inbox.lv interia.pl
    laposte.net libero.it live.com mac.com mail.com mail.ru mailbox.org me.com msn.com naver.com o2.pl orange.fr outlook.com outlook.de
    pm.me posteo.de proton.me protonmail.com qq.com rediffmail.com rocketmail.com seznam.cz sina.com t-online.de tutanota.com uol.com.br
    virgilio.it wanadoo.fr web.de wp.pl yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.de yahoo.fr yandex.ru ymail.com zoho.com
    freemail.example inbox.example post.example"""
FREE_MAIL = frozenset(_FREE_MAIL.split())
_PLAIN_EMAIL = re.compile(r"([a-z0-9]+(?:[._+-][a-z0-9]+)*)@([a-z0-9.-]+)")
_DOMAIN = re.compile(
    r"(?:https?://)?(?:www\.)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9])(?::\d+)?(?:[/?#].*)?"
)
_LONGEST_LOCAL_PART = 64
_DIALLED = str.maketrans("", "", " -./()\u00a0")
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def email_of(text: str) -> str | None:
    """In lower case; None when it can't be an address. Whether anybody reads there is not asked."""
    plain = _PLAIN_EMAIL.fullmatch(text.lower())
    if plain and len(plain[1]) <= _LONGEST_LOCAL_PART and _is_mail_domain(plain[2]):
        return plain[0]
    return _unusual_email(text)


@lru_cache(65_536)
def _is_mail_domain(domain: str) -> bool:
    return _unusual_email(f"x@{domain}") == f"x@{domain}"


def _unusual_email(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        return None


@lru_cache(8_192)
def phone_of(text: str, country: str | None) -> str | None:
    """As E.164; None when nobody can have this number. `country` (alpha-2) is where it was written down."""
    dialled = text.translate(_DIALLED)
    number = f"+{dialled[2:]}" if dialled.startswith("00") else dialled
    if _E164.fullmatch(number) and _is_valid_as_it_is(number):
        return number
    return _valid_number(number, country) or (None if number == text else _valid_number(text, country))


def _is_valid_as_it_is(number: str) -> bool:
    """Most numbers come complete; finding that out directly takes half the time of reading one that may be anything."""
    code = next((number[1:end] for end in (2, 3, 4) if int(number[1:end]) in COUNTRY_CODE_TO_REGION_CODE), "")
    national = number[1 + len(code) :]
    if not code or national.startswith("0"):
        return False
    return is_valid_number(PhoneNumber(country_code=int(code), national_number=int(national)))


def _valid_number(text: str, country: str | None) -> str | None:
    try:
        number = parse_number(text, country)
    except NumberParseException:
        return None
    return format_number(number, PhoneNumberFormat.E164) if is_valid_number(number) else None


@lru_cache(65_536)
def domain_of(text: str) -> str | None:
    """The host of an address of a web site, without www; None when it is none."""
    found = _DOMAIN.fullmatch(text.strip().lower())
    return found[1] if found else None


def is_free_mail(domain: str) -> bool:
    return domain in FREE_MAIL


def business_domain(email: str | None) -> str | None:
    """The domain of an e-mail address, unless anybody could have one there."""
    domain = email.rpartition("@")[2] if email else ""
    return domain if domain and domain not in FREE_MAIL else None

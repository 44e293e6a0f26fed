"""Where to look for the same person under another spelling: short keys that two spellings of one person are likely to share."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from jellyfish import metaphone

from services.leads.models import LeadDocument
from services.leads.rules.capture.spelling import plain
from services.leads.rules.duplicates.likeness import likeness_of
from shared.domains import business_domain, is_free_mail
from shared.names import company_key

MOST_BLOCKS = 6
_LETTERS_OF_A_COMPANY = 8
_LETTERS_OF_A_SOUND = 5
_LEAST_LOCAL = 5
# Mailboxes of a company and of nobody in it.
_MAILBOXES = """admin contact einkauf empfang enquiries hello info kontakt mail marketing office order orders procurement
    purchasing reception sales service support team verkauf vertrieb webmaster"""
_ROLES = frozenset(_MAILBOXES.split())


def blocks_of(parts: LeadDocument | dict[str, Any]) -> list[str]:
    """Where somebody works and how a part of their name sounds, or, where anybody may have mail, all of it; their mailbox; their phone.

    Each together with enough else that few share it: a name alone is shared by thousands.
    """
    return list(dict.fromkeys(_blocks(parts["person"], parts["company"])))[:MOST_BLOCKS]


def likeness_row(lead: LeadDocument) -> dict[str, Any]:
    """A lead as it is kept to be found and compared."""
    return {"_id": lead["_id"], "likeness": list(likeness_of(lead)), "blocks": blocks_of(lead)}


def _blocks(person: dict[str, str], company: dict[str, Any]) -> Iterator[str]:
    sounds = [_sound(name) for name in (person.get("last_name"), person.get("first_name")) if name]
    for work in _works(person, company):
        yield from (f"{work}|{sound}" for sound in sounds)
    local, _, host = person.get("email", "").partition("@")
    if len(sounds) == 2 and is_free_mail(host):
        yield f"~{sounds[1]}|{sounds[0]}|{host[:_LETTERS_OF_A_COMPANY]}"
    local = local.partition("+")[0]
    if len(local) >= _LEAST_LOCAL and local not in _ROLES:
        yield f"@{local}|{host[:1]}"
    if phone := person.get("phone"):
        yield phone


def _works(person: dict[str, str], company: dict[str, Any]) -> list[str]:
    domain = company.get("domain") or business_domain(person.get("email"))
    works = [_of_domain(domain)] if domain else []
    if name := company.get("name"):
        works.append(_of_company(name))
    return list(dict.fromkeys(work for work in works if work))


def _of_domain(domain: str) -> str:
    return _beginning(domain.removeprefix("www.").partition(".")[0].replace("-", " "))


def _of_company(name: str) -> str:
    return _beginning(plain(company_key(name)))


def _beginning(name: str) -> str:
    """The first letters; where there are digits they tell one from the other, so then all of it."""
    joined = name.replace(" ", "")
    return joined if any(letter.isdigit() for letter in joined) else joined[:_LETTERS_OF_A_COMPANY]


@lru_cache(16_384)
def _sound(name: str) -> str:
    heard = plain(name)
    return metaphone(heard)[:_LETTERS_OF_A_SOUND] or heard[:_LETTERS_OF_A_SOUND]
